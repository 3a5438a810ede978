import type { LoadedFile } from '../problem.ts';
import type { MappingNode } from '../yaml/tree.ts';

/** `capabilities.add` and `binds.add` add to the label's list, which the list itself replaces. */
export function checkAdditions(file: LoadedFile, container: MappingNode): void {
  for (const key of ['capabilities', 'binds']) {
    const addition = container.entries.get(`${key}.add`);
    if (!addition || !container.entries.has(key)) continue;
    const message = `"${key}.add" has no effect beside "${key}"`;
    file.report(addition.key, {
      severity: 'warning',
      code: 'no-effect',
      message,
      hint: `Put its items into "${key}".`,
    });
  }
}
