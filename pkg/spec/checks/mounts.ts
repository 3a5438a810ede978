import { type LoadedFile, type Problem, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { child, items, type MappingNode, textOf, texts, type Tree } from '../yaml/tree.ts';
import { isMisspelt } from '../violations/keys.ts';
import type { Names } from './entries.ts';

/** `binds`, `tmpfs` and `mounts`. Without `volumes` (in a label) the names of volumes are not checked. */
export function checkMounts(file: LoadedFile, container: MappingNode, volumes: Names['volumes'] | undefined): void {
  const report = (node: Tree, problem: Problem | undefined): void => {
    if (problem) file.report(node, problem);
  };
  for (const key of ['binds', 'binds.add']) {
    for (const { text, node } of texts(child(container, key))) report(node, bindProblem(text, volumes));
  }
  for (const { text, node } of texts(child(container, 'tmpfs'))) report(node, tmpfsProblem(text));
  for (const mount of items(child(container, 'mounts'))) {
    if (mount.kind === 'mapping') checkMount(file, mount, volumes);
  }
}

/** `source:destination[:option,…]` */
function bindProblem(text: string, volumes: Names['volumes'] | undefined): Problem | undefined {
  const [source = '', destination, options = '', ...rest] = text.split(':');
  if (destination === undefined || rest.length > 0) {
    const what = destination === undefined ? 'has no ":"' : 'has too many ":"';
    return invalid(`${quoted(text)} ${what}: a bind is "source:destination[:options]"`);
  }
  if (source === '') return invalid(`${quoted(text)} has no source`);
  const problem = sourceProblem(source, options.split(','), volumes);
  return problem ?? (destination.startsWith('/') ? undefined : notAbsolute(destination));
}

function tmpfsProblem(text: string): Problem | undefined {
  const [destination = '', , ...rest] = text.split(':');
  if (rest.length > 0) return invalid(`${quoted(text)} has too many ":": a tmpfs is "destination[:options]"`);
  return destination.startsWith('/') ? undefined : notAbsolute(destination);
}

const typesNamedBySource = ['mqueue', 'devpts', 'proc', 'sysfs', 'cgroup'];

const mountKeys = ['destination', 'type', 'source', 'options', 'uidmappings', 'gidmappings'];

function checkMount(file: LoadedFile, mount: MappingNode, volumes: Names['volumes'] | undefined): void {
  const value = (key: string): string => textOf(child(mount, key)) ?? '';
  const options = texts(child(mount, 'options')).map(({ text }) => text);
  const [source, destination] = [value('source'), value('destination')];
  const type = value('type') || impliedType(source, destination, options, volumes);
  const start = { start: mount.start, end: mount.start + 1 };
  if (type === '') {
    if (isMisspelt(mount, 'type', mountKeys)) return;
    file.report(start, {
      code: 'missing-key',
      message: 'this mount lacks the key "type"',
      expected: 'the key "type"',
    });
    return;
  }
  if (destination === '' && !typesNamedBySource.includes(type) && !isMisspelt(mount, 'destination', mountKeys)) {
    const message = 'this mount lacks the key "destination"';
    file.report(start, { code: 'missing-key', message, expected: 'the key "destination"' });
  } else if (destination !== '' && !destination.startsWith('/')) {
    file.report(child(mount, 'destination') ?? mount, notAbsolute(destination));
  }
  if (type !== 'bind') return;
  if (source === '') {
    if (isMisspelt(mount, 'source', mountKeys)) return;
    const message = 'this mount of type "bind" lacks the key "source"';
    file.report(start, { code: 'missing-key', message, expected: 'the key "source"' });
    return;
  }
  const problem = sourceProblem(source, options, volumes);
  if (problem) file.report(child(mount, 'source') ?? mount, problem);
}

function impliedType(
  source: string,
  destination: string,
  options: readonly string[],
  volumes: Names['volumes'] | undefined,
): string {
  if (typesNamedBySource.includes(source)) return source;
  if (options.includes('bind') || options.includes('rbind') || volumes?.has(source) === true) return 'bind';
  return destination === '/dev' ? 'tmpfs' : '';
}

/** A source is a path in the guest, or a volume. */
function sourceProblem(
  source: string,
  options: readonly string[],
  volumes: Names['volumes'] | undefined,
): Problem | undefined {
  if (source.startsWith('/') || volumes === undefined) return undefined;
  const isReadonly = volumes.get(source);
  if (isReadonly === undefined) {
    const near = suggest(source, volumes.keys());
    if (near.suggestions) {
      const message = `volume ${quoted(source)} not found${near.text}`;
      return { code: 'unknown-name', message, suggestions: near.suggestions };
    }
    if (/[./~]/.test(source)) {
      const hint = 'Name a path in the guest, or a volume; "files:" copies files from this computer.';
      return { ...invalid(`the source ${quoted(source)} is not an absolute path`), hint };
    }
    const hint = 'Declare it under "volumes:", or write an absolute path.';
    return { code: 'unknown-name', message: `volume ${quoted(source)} not found`, hint };
  }
  if (!isReadonly || (options.includes('ro') && !options.includes('rw'))) return undefined;
  const message = `volume ${quoted(source)} is read-only and cannot be mounted writable`;
  return { code: 'invalid-value', message, hint: 'Add the option "ro".' };
}

/** Runtimes take a relative destination from the root, and LinuxKit's users have some. */
function notAbsolute(destination: string): Problem {
  if (destination === '') return invalid('the destination is empty');
  const message = `the destination ${quoted(destination)} is not an absolute path: lkit takes it as ${quoted(`/${destination}`)}`;
  return { ...invalid(message), severity: 'warning' };
}

function invalid(message: string): Problem {
  return { code: 'invalid-value', message };
}
