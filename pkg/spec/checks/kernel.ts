import type { LoadedFile } from '../problem.ts';
import { child } from '../yaml/tree.ts';

/** Over all files together: a command line or modules without a kernel are lost. */
export function checkKernel(files: readonly LoadedFile[]): void {
  const kernels = files.flatMap((file) => {
    const node = child(file.root, 'kernel');
    return node?.kind === 'mapping' && node.entries.size > 0 ? [{ file, node }] : [];
  });
  if (kernels.some(({ node }) => node.entries.has('image') || node.entries.has('build'))) return;
  for (const { file, node } of kernels) {
    const message = '"kernel" has no effect without "image"';
    file.report({ start: node.start, end: node.start + 1 }, { severity: 'warning', code: 'no-effect', message });
  }
}
