import { entryOf, type HostFile, type Member, noContent, readTreeFile } from '../archive/index.ts';
import { sha256 } from '../image/index.ts';
import { identityOf } from './identity.ts';
import type { Xattrs } from './xattrs.ts';

/** Changes whenever a file below the folder does, or its attributes. Not the same for a copy of the folder. */
export function treeIdentity(files: readonly HostFile[]): string {
  return sha256(files.map(({ path, stats }) => `${path}\0${stats.mode}\0${identityOf(stats)}\n`).join(''));
}

/** The files as members of an archive; `mtime`, in seconds since 1970, is that of all of them. */
export async function* treeMembers(
  folder: string,
  files: readonly HostFile[],
  { mtime, xattrs }: { readonly mtime: number; readonly xattrs: Xattrs },
): AsyncGenerator<Member, void, undefined> {
  for (const file of files) {
    const attributes = file.type === 'hardlink' ? undefined : xattrs.get(file.path);
    const entry = { ...entryOf(file, mtime), ...(attributes && { xattrs: attributes }) };
    yield await Promise.resolve({ entry, content: entry.size > 0 ? readTreeFile(folder, file.path) : noContent });
  }
}
