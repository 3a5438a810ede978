import { bytePath, contentOf, type Entry, type Member, noContent, parentPath } from '../archive/index.ts';

/** Whose a file becomes. */
export type Ownership = (entry: Entry) => { readonly uid: number; readonly gid: number };

/** As it is. */
export const keepOwners: Ownership = ({ uid, gid }) => ({ uid, gid });

/** A user's own files become root's: what another user than root unpacked belongs to that user, whoever it was made for. */
export function mapOwner(user: { readonly uid: number; readonly gid: number }): Ownership {
  return ({ uid, gid }) => ({ uid: uid === user.uid ? 0 : uid, gid: gid === user.gid ? 0 : gid });
}

/** All files with one date and other owners. `mtime` in seconds since 1970. */
export async function* withOwners(
  members: AsyncIterable<Member>,
  ownership: Ownership,
  mtime: number,
): AsyncGenerator<Member> {
  for await (const { entry, content } of members) yield { entry: { ...entry, ...ownership(entry), mtime }, content };
}

/** The tree below a folder of the image: `prefix` is absolute; the folders on the way are made. */
export async function* below(prefix: string, members: AsyncIterable<Member>, mtime: number): AsyncGenerator<Member> {
  const root = bytePath(prefix.replaceAll(/^\/+|\/+$/g, ''));
  if (root === '') {
    yield* members;
    return;
  }
  yield* folders([parentPath(root)], mtime);
  for await (const { entry, content } of members) {
    const place = entry.path === '' ? root : `${root}/${entry.path}`;
    const link = entry.type === 'hardlink' && entry.link !== undefined ? { link: `${root}/${entry.link}` } : {};
    yield { entry: { ...entry, path: place, ...link }, content };
  }
}

export interface PlainFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly content?: Buffer;
  /** Of a symlink. */
  readonly link?: string;
}

/** Files of root's, and the folders that they are in, in the order of their names. */
export async function* plainFiles(files: readonly PlainFile[], mtime: number): AsyncGenerator<Member> {
  const named = files.map((file) => ({ file, path: bytePath(file.path.slice(1)) }));
  const sorted = [...named].sort((a, b) => (a.path < b.path ? -1 : 1));
  yield* folders(
    sorted.map(({ path }) => parentPath(path)),
    mtime,
  );
  for (const { file, path } of sorted) {
    const { mode, content, link } = file;
    const type = link === undefined ? 'file' : 'symlink';
    const entry: Entry = { path, type, mode, uid: 0, gid: 0, mtime, size: content?.length ?? 0 };
    yield await Promise.resolve({
      entry: link === undefined ? entry : { ...entry, link: bytePath(link) },
      content: content === undefined ? noContent : contentOf(content),
    });
  }
}

/** Each folder once, after the one it is in. */
async function* folders(paths: readonly string[], mtime: number): AsyncGenerator<Member> {
  const all = new Set<string>();
  for (const each of paths) {
    for (let folder = each; folder !== ''; folder = parentPath(folder)) all.add(folder);
  }
  for (const path of [...all].sort()) {
    const entry: Entry = { path, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime, size: 0 };
    yield await Promise.resolve({ entry, content: noContent });
  }
}
