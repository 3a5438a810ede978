import type { BytePath, Entry, EntryType } from '../archive/index.ts';

/**
 * What a name stands for. Several names of one file share it. An image has many: all have the same keys in the same
 * order, which is how V8 keeps them small.
 */
export interface Inode {
  readonly type: Exclude<EntryType, 'hardlink'>;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  readonly size: number;
  readonly link: BytePath | undefined;
  readonly device: Entry['device'];
  xattrs: Entry['xattrs'];
  /** Where the content of a file is: in the `index`-th entry of the `layer`-th layer, unless it is at hand. */
  readonly layer: number;
  readonly index: number;
  readonly bytes: Buffer | undefined;
  /** Of a directory, by name. */
  readonly children: Map<BytePath, Inode> | undefined;
}

export interface Directory extends Inode {
  readonly type: 'directory';
  readonly children: Map<BytePath, Inode>;
}

const plain = {
  ...{ type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0, link: undefined, device: undefined },
  ...{ xattrs: undefined, layer: -1, index: -1, bytes: undefined, children: undefined },
} as const satisfies Inode;

/** A directory that nobody described: root's, 0755, of 1970. */
export function newDirectory(): Directory {
  return { ...plain, type: 'directory', mode: 0o755, children: new Map() };
}

/** A file with this content. */
export function textFile(text: string): Inode {
  const bytes = Buffer.from(text);
  return { ...plain, size: bytes.length, bytes };
}

export function symlinkTo(link: BytePath): Inode {
  return { ...plain, type: 'symlink', mode: 0o777, link };
}

export function isDirectory(inode: Inode | undefined): inode is Directory {
  return inode?.type === 'directory';
}

/** A new inode as an entry describes it, the `index`-th of the `layer`-th layer. Hard links have none of their own. */
export function inodeOf(entry: Entry, layer: number, index: number): Inode {
  const { type, mode, uid, gid, size, link, device, xattrs } = entry;
  if (type === 'hardlink') throw new Error('a hard link has no inode of its own');
  const children = type === 'directory' ? new Map<BytePath, Inode>() : undefined;
  const mtime = fileTime(entry);
  return { type, mode, uid, gid, mtime, size, link, device, xattrs, layer, index, bytes: undefined, children };
}

/** Gives a directory that is there already the metadata of a later entry, xattrs and all. */
export function describe(directory: Directory, entry: Entry): void {
  directory.mode = entry.mode;
  directory.uid = entry.uid;
  directory.gid = entry.gid;
  directory.mtime = fileTime(entry);
  directory.xattrs = entry.xattrs;
}

/** Times before 1970 become 1970, as in container engines. */
function fileTime(entry: Entry): number {
  return Math.max(entry.mtime, 0);
}
