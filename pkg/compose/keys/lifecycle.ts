import type { Tree } from '../../spec/index.ts';
import type { Converter, ServiceDraft } from '../draft.ts';
import { isTrue, listOfTexts, parseDuration, parseWhole, scalarText } from '../values.ts';

/** `restart`. */
export const restart: Converter = (service) => {
  const node = service.get('restart');
  const text = scalarText(node);
  if (node === undefined || text === undefined || text === 'no' || text === 'false') return;
  const [policy, attempts] = text.split(':');
  if (policy === 'always' || policy === 'unless-stopped') service.keys['restart'] = 'always';
  else if (policy === 'on-failure') {
    service.keys['restart'] = 'on-failure';
    if (attempts !== undefined) service.notice(node, 'lkit does not count restarts; it waits longer before each');
  } else
    service.invalid(node, `there is no restart policy "${text}"`, 'One of no, always, on-failure, unless-stopped.');
};

/** `healthcheck`. */
export const healthcheck: Converter = (service) => {
  const node = service.get('healthcheck');
  if (node?.kind !== 'mapping' || isTrue(node.entries.get('disable')?.value)) return;
  const of = (key: string): Tree | undefined => node.entries.get(key)?.value;
  const command = checkCommand(service, of('test'));
  if (command === undefined) return;
  const check: Record<string, unknown> = { command };
  const interval = of('interval');
  if (interval !== undefined) {
    check['interval'] = parseDuration(scalarText(interval));
    if (check['interval'] === undefined) service.invalid(interval, 'this is not a duration', 'Examples: 30s, 1m30s.');
  }
  const retries = parseWhole(scalarText(of('retries')));
  if (retries !== undefined) check['retries'] = retries;
  for (const key of ['timeout', 'start_period', 'start_interval']) {
    const value = of(key);
    if (value !== undefined) service.notice(value, `"${key}" has no counterpart in lkit's healthcheck`);
  }
  service.keys['healthcheck'] = check;
};

function checkCommand(service: ServiceDraft, test: Tree | undefined): readonly string[] | undefined {
  if (test === undefined) {
    service.warn(
      service.get('healthcheck') ?? service.node,
      "the image's own healthcheck is not used: there is no test",
    );
    return undefined;
  }
  const words = listOfTexts(test).map(({ text }) => text);
  if (test.kind === 'scalar') return ['/bin/sh', '-c', words[0] ?? ''];
  const [kind, ...rest] = words;
  if (kind === 'CMD') return rest;
  if (kind === 'CMD-SHELL') return ['/bin/sh', '-c', rest.join(' ')];
  if (kind !== 'NONE') service.invalid(test, 'a test begins with CMD, CMD-SHELL or NONE');
  return undefined;
}

/** `depends_on`, of services that are started at all. A service that others wait to end is not among them: it runs at boot. */
export const dependencies: Converter = (service) => {
  const node = service.get('depends_on');
  const wanted: readonly string[] =
    node?.kind === 'mapping' ? [...node.entries.keys()] : listOfTexts(node).map(({ text }) => text);
  const names = wanted.filter((name) => service.system.started.has(name));
  if (names.length > 0) service.keys['dependsOn'] = names;
};

/** The services of whom another one waits until they have done their work. */
export function waitedForToEnd(services: readonly Tree[]): ReadonlySet<string> {
  const names = services.flatMap((service) => {
    const node = service.kind === 'mapping' ? service.entries.get('depends_on')?.value : undefined;
    if (node?.kind !== 'mapping') return [];
    return [...node.entries].flatMap(([name, { value }]) => {
      const condition = value.kind === 'mapping' ? scalarText(value.entries.get('condition')?.value) : undefined;
      return condition === 'service_completed_successfully' ? [name] : [];
    });
  });
  return new Set(names);
}
