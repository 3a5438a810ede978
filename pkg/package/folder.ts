import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';

/** A file of a package's folder on the host. */
export interface FolderEntry {
  /** Relative, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** 0755 or 0644: git keeps nothing but whether the owner may execute, and the rest depends on the user's umask. */
  readonly mode: number;
  /** Bytes; 0 for all but a file. */
  readonly size: number;
  readonly link?: string;
}

/** All files below a folder, sorted, folders before what is in them; none where there is no such folder. */
export async function listFolder(folder: string, prefix = ''): Promise<readonly FolderEntry[]> {
  const names = await readdir(path.join(folder, prefix)).catch((error: unknown) => {
    if (prefix === '' && isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const entries: FolderEntry[] = [];
  for (const name of names.sort()) {
    const entry = await entryOf(folder, path.posix.join(prefix, name));
    if (entry) entries.push(entry);
    if (entry?.type === 'directory') entries.push(...(await listFolder(folder, entry.path)));
  }
  return entries;
}

async function entryOf(folder: string, name: string): Promise<FolderEntry | undefined> {
  const file = path.join(folder, name);
  const stats = await lstat(file);
  if (stats.isSymbolicLink()) return { path: name, type: 'symlink', mode: 0o777, size: 0, link: await readlink(file) };
  if (stats.isDirectory()) return { path: name, type: 'directory', mode: 0o755, size: 0 };
  const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755;
  // Sockets and the like are no part of a package.
  return stats.isFile() ? { path: name, type: 'file', mode, size: stats.size } : undefined;
}

/** A hash of all that the folder holds: names, kinds, modes and contents. 64 hexadecimal digits. */
export async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const { path: name, type, mode, size, link } of await listFolder(folder)) {
    // Sizes make it plain where a content ends, so that no two folders feed the same bytes.
    hash.update(`${JSON.stringify([name, type, mode, size, link ?? null])}\n`);
    if (type === 'file') await hashFile(hash, path.join(folder, name));
  }
  return hash.digest('hex');
}

async function hashFile(hash: Hash, file: string): Promise<void> {
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
}
