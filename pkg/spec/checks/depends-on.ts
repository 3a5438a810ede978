import { suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, texts, type Tree } from '../yaml/tree.ts';
import type { Entry } from './entries.ts';

/**
 * `dependsOn` names services, and leads in no circle.
 *
 * @param onboot the onboot containers; `undefined` where not every name is known, and so none can be called unknown
 */
export function checkDependsOn(services: readonly Entry[], onboot: readonly Entry[] | undefined): void {
  const byName = new Map(services.map((service) => [service.name, service]));
  if (onboot) reportUnknown(services, byName, new Set(onboot.map(({ name }) => name)));
  reportCycles(byName);
}

function reportUnknown(services: readonly Entry[], byName: Services, early: ReadonlySet<string | undefined>): void {
  for (const { file, node } of services) {
    for (const { text, node: at } of dependencies(node)) {
      if (byName.has(text)) continue;
      const near = suggest(
        text,
        services.flatMap(({ name = [] }) => name),
      );
      const hint = early.has(text)
        ? 'Onboot containers have all run before the first service starts. Remove it.'
        : 'It must be the name of an entry of "services:".';
      file.report(at, {
        code: 'unknown-name',
        message: `service ${quoted(text)} not found${near.text}`,
        ...(near.suggestions && !early.has(text) ? { suggestions: near.suggestions } : { hint }),
      });
    }
  }
}

type Services = ReadonlyMap<string | undefined, Entry>;

function dependencies(node: Tree): readonly { readonly text: string; readonly node: Tree }[] {
  return texts(child(node, 'dependsOn'));
}

/** Each circle is reported once, at the name that closes it. */
function reportCycles(byName: Services): void {
  const done = new Set<string>();
  for (const start of byName.keys()) if (start !== undefined) visit(start);

  // A list of steps to take instead of recursion: a chain may be as long as the file.
  function visit(start: string): void {
    const path: string[] = [];
    const steps: { readonly name: string; next: number }[] = [];
    const enter = (name: string): void => {
      path.push(name);
      steps.push({ name, next: 0 });
    };
    if (!done.has(start)) enter(start);
    for (let step = steps.at(-1); step; step = steps.at(-1)) {
      const service = byName.get(step.name);
      const dependency = service && dependencies(service.node)[step.next++];
      if (!service || !dependency) {
        done.add(step.name);
        path.pop();
        steps.pop();
      } else if (path.includes(dependency.text)) {
        const circle = [...path.slice(path.indexOf(dependency.text)), dependency.text];
        const message =
          circle.length === 2
            ? `service ${quoted(step.name)} waits for itself`
            : `services wait for each other in a circle: ${circle.map((name) => quoted(name).slice(1, -1)).join(' → ')}`;
        service.file.report(dependency.node, { code: 'cycle', message });
      } else if (!done.has(dependency.text) && byName.has(dependency.text)) {
        enter(dependency.text);
      }
    }
  }
}
