import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestSystem } from './images.ts';
import type { TestCase } from './types.ts';

/** Editors write a file in several steps; what has changed since the last look may not be whole yet. */
const lookMs = 250;
const skipped = new Set(['node_modules', '.git']);

/** The folders in which what tests depend on lies, none inside of another. */
export function watchedFolders(tests: readonly TestCase[], systems: readonly TestSystem[]): readonly string[] {
  const folders = new Set([...tests.map(({ baseDir }) => baseDir), ...systems.flatMap(foldersOf)]);
  return [...folders].filter((folder) => ![...folders].some((other) => folder.startsWith(`${other}${path.sep}`)));
}

function foldersOf({ image, spec }: TestSystem): readonly string[] {
  const containers = spec === undefined ? [] : [...spec.onboot, ...spec.services, ...spec.onshutdown];
  // A folder that an image is made from; whatever else has such a name is not there, and is not watched.
  const sources = containers.flatMap(({ image: { text, baseDir } }) => {
    const source = text.replace(/^pkg:(?=\.)/, '');
    return /^\.{0,2}\//.test(source) ? [path.resolve(baseDir, source)] : [];
  });
  return [...image.files.map((file) => path.dirname(file)), ...sources];
}

/**
 * Waits until a file in one of the folders, at any depth, is changed, and nothing changes any more for a moment. It
 * looks at the files' times: what a file system tells of changes differs from host to host, and some tell nothing.
 *
 * @param ignored absolute paths of folders whose changes do not count
 * @throws the signal's reason
 */
export async function nextChange(
  folders: readonly string[],
  ignored: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const look = async (): Promise<string> => (await Promise.all(folders.map((each) => stateOf(each, ignored)))).join('');
  const before = await look();
  let now = before;
  let last: string;
  do {
    await sleep(lookMs, undefined, { signal });
    last = now;
    now = await look();
  } while (now === before || now !== last);
}

/** The names, times and sizes of all files below a folder. */
async function stateOf(folder: string, ignored: readonly string[]): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const states = entries.map(async (entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory())
      return skipped.has(entry.name) || ignored.includes(file) ? '' : await stateOf(file, ignored);
    const status = await stat(file).catch(() => undefined);
    return `${file} ${status?.mtimeMs ?? 0} ${status?.size ?? 0}\n`;
  });
  return (await Promise.all(states)).join('');
}
