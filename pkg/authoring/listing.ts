import { createHash } from 'node:crypto';
import { displayPath, type Entry } from '../archive/index.ts';
import type { StoredImage } from '../image/index.ts';
import { imageTree, type Store } from '../store/index.ts';

/** A file of an image's tree, with what tells whether another one is the same. */
export interface ListedFile {
  readonly entry: Entry;
  /** Of a file's content: sha256 in hexadecimal. */
  readonly sha256?: string;
}

/** The files of an image, its layers on top of one another, in the order of their names. */
export async function listFiles(store: Store, image: StoredImage): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  for await (const { entry, content } of imageTree(store, image)) {
    if (entry.type !== 'file') {
      files.push({ entry });
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of content) hash.update(chunk);
    files.push({ entry, sha256: hash.digest('hex') });
  }
  return files.sort((a, b) => (a.entry.path < b.entry.path ? -1 : 1));
}

const typeLetters: Readonly<Record<Entry['type'], string>> = {
  file: '-',
  hardlink: 'h',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
};

/** A line as `tar -tv` prints it. */
export function fileLine({ entry }: ListedFile): string {
  const { type, mode, uid, gid, size, path, link, device } = entry;
  const extent = device === undefined ? String(size) : `${device.major},${device.minor}`;
  const target = link === undefined ? '' : `${type === 'hardlink' ? ' link to ' : ' -> '}${displayPath(link)}`;
  const owner = `${uid}/${gid}`;
  return `${typeLetters[type]}${permissions(mode)} ${owner.padEnd(9)} ${extent.padStart(9)} ${displayPath(path)}${target}`;
}

function permissions(mode: number): string {
  const letters = Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-'));
  const special = (bit: number, index: number, on: string, off: string): void => {
    if (mode & bit) letters[index] = letters[index] === 'x' ? on : off;
  };
  special(0o4000, 2, 's', 'S');
  special(0o2000, 5, 's', 'S');
  special(0o1000, 8, 't', 'T');
  return letters.join('');
}

export type Change = 'added' | 'removed' | 'changed';

export interface Difference {
  readonly change: Change;
  readonly path: string;
  /** Of `changed`: which of type, mode, owner, time, link, device, attributes and content differ. */
  readonly what: readonly string[];
}

/** What differs between two lists in the order of their names. */
export function diffFiles(before: readonly ListedFile[], after: readonly ListedFile[]): readonly Difference[] {
  const old = new Map(before.map((file) => [file.entry.path, file]));
  const now = new Map(after.map((file) => [file.entry.path, file]));
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path): readonly Difference[] => {
    const [one, other] = [old.get(path), now.get(path)];
    if (one === undefined) return [{ change: 'added', path, what: [] }];
    if (other === undefined) return [{ change: 'removed', path, what: [] }];
    const what = changedParts(one, other);
    return what.length === 0 ? [] : [{ change: 'changed', path, what }];
  });
}

function changedParts(one: ListedFile, other: ListedFile): readonly string[] {
  const parts: readonly (readonly [name: string, of: (file: ListedFile) => string | number | undefined])[] = [
    ['type', ({ entry }) => entry.type],
    ['mode', ({ entry }) => entry.mode],
    ['owner', ({ entry }) => `${entry.uid}:${entry.gid}`],
    ['time', ({ entry }) => entry.mtime],
    ['link', ({ entry }) => entry.link],
    ['device', ({ entry }) => entry.device && `${entry.device.major}:${entry.device.minor}`],
    ['attributes', ({ entry }) => JSON.stringify([...(entry.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))],
    ['content', ({ sha256 }) => sha256],
  ];
  return parts.filter(([, of]) => of(one) !== of(other)).map(([name]) => name);
}
