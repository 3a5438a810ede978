import { type BigIntStats, createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { chunkBytes } from './chunks.ts';
import type { BytePath, Entry, EntryType } from './entry.ts';

/** A file below a folder of the host. */
export interface HostFile {
  readonly path: BytePath;
  readonly stats: BigIntStats;
  readonly type: EntryType;
  /** Of a symlink, as written; of a further name of a file, the first one. */
  readonly link?: BytePath;
}

/** What to do with a file: `descend` leaves a folder out unless something in it is taken. */
export type Choice = 'take' | 'leave' | 'descend';

/**
 * Everything below a folder, the folder itself first and each folder before what is in it, by name: always the same
 * order. Sockets are left out: they mean nothing without the process that made them.
 *
 * @param choose is asked about every path but the folder's own
 */
export async function listTree(
  folder: string,
  choose: (path: BytePath) => Choice = () => 'take',
): Promise<readonly HostFile[]> {
  const files: HostFile[] = [];
  const firstNames = new Map<string, BytePath>();

  async function add(path: BytePath): Promise<void> {
    const choice = path === '' ? 'take' : choose(path);
    if (choice === 'leave') return;
    // The folder may be named by a link to it.
    const stats = await (path === '' ? stat : lstat)(hostPath(folder, path), { bigint: true });
    const type = typeOf(stats);
    if (type === undefined || (choice === 'descend' && type !== 'directory')) return;
    const id = `${stats.dev}:${stats.ino}`;
    const first = type === 'file' && stats.nlink > 1n ? firstNames.get(id) : undefined;
    if (first !== undefined) files.push({ path, stats, type: 'hardlink', link: first });
    else if (type !== 'symlink') files.push({ path, stats, type });
    else files.push({ path, stats, type, link: await readlink(hostPath(folder, path), 'latin1') });
    if (type === 'file') firstNames.set(id, first ?? path);
    if (type !== 'directory') return;
    const length = files.length;
    const names = (await readdir(hostPath(folder, path), 'latin1')).sort();
    for (const name of names) await add(path === '' ? name : `${path}/${name}`);
    if (choice === 'descend' && files.length === length) files.pop();
  }

  await add('');
  return files;
}

/** `mtime` in seconds since 1970. */
export function entryOf({ path, stats, type, link }: HostFile, mtime: number): Entry {
  return {
    path,
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime,
    size: type === 'file' ? Number(stats.size) : 0,
    ...(link !== undefined && { link }),
    ...((type === 'character' || type === 'block') && { device: deviceOf(stats.rdev) }),
  };
}

/** glibc's `gnu_dev_major` and `gnu_dev_minor`. */
function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}

/** The content of a file, opened when it is first asked for. */
export async function* readTreeFile(folder: string, path: BytePath): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(hostPath(folder, path), { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
}

function hostPath(folder: string, path: BytePath): Buffer {
  // The tree may be a single file, after whose name nothing may stand.
  return path === '' ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
}

function typeOf(stats: BigIntStats): EntryType | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isCharacterDevice()) return 'character';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : undefined;
}
