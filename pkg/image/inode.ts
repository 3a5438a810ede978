import type { BytePath, Entry, EntryType } from '../archive/index.ts';

/** What many files have in common. They share one object: an image may have hundreds of thousands of files. */
export interface Attributes {
  readonly type: Exclude<EntryType, 'hardlink'>;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly link: BytePath | undefined;
  readonly device: Entry['device'];
  readonly xattrs: Entry['xattrs'];
}

/**
 * What a name stands for. Several names of one file share it. An image has many: all have the same keys in the same
 * order, which is how V8 keeps them small.
 */
export interface Inode {
  attributes: Attributes;
  mtime: number;
  readonly size: number;
  /** Where the content of a file is: in the `index`-th entry of the `layer`-th layer, unless it is at hand. */
  readonly layer: number;
  readonly index: number;
  readonly bytes: Buffer | undefined;
  /** Of a directory, by name. */
  readonly children: Map<BytePath, Inode> | undefined;
}

export interface Directory extends Inode {
  readonly children: Map<BytePath, Inode>;
}

const common = { uid: 0, gid: 0, link: undefined, device: undefined, xattrs: undefined } as const;
const directoryAttributes: Attributes = { type: 'directory', mode: 0o755, ...common };
const fileAttributes: Attributes = { type: 'file', mode: 0o644, ...common };
const nowhere = { mtime: 0, size: 0, layer: -1, index: -1, bytes: undefined, children: undefined } as const;

/** A directory that nobody described: root's, 0755, of 1970. */
export function newDirectory(): Directory {
  return { attributes: directoryAttributes, ...nowhere, children: new Map() };
}

/** A file with this content. */
export function textFile(text: string): Inode {
  const bytes = Buffer.from(text);
  return { attributes: fileAttributes, ...nowhere, size: bytes.length, bytes };
}

export function symlinkTo(link: BytePath): Inode {
  return { attributes: { type: 'symlink', mode: 0o777, ...common, link }, ...nowhere };
}

export function isDirectory(inode: Inode | undefined): inode is Directory {
  return inode?.children !== undefined;
}

/** Makes inodes out of the entries of one layer. */
export class Inodes {
  readonly #layer: number;
  readonly #known = new Map<string, Attributes>();

  constructor(layer: number) {
    this.#layer = layer;
  }

  /** A new inode as an entry describes it, the `index`-th of the layer. Hard links have none of their own. */
  make(entry: Entry, index: number): Inode {
    const { type, size } = entry;
    const children = type === 'directory' ? new Map<BytePath, Inode>() : undefined;
    const attributes = this.#attributesOf(entry);
    return { attributes, mtime: fileTime(entry), size, layer: this.#layer, index, bytes: undefined, children };
  }

  /** Gives a directory that is there already the metadata of a later entry, xattrs and all. */
  describe(directory: Directory, entry: Entry): void {
    directory.attributes = this.#attributesOf(entry);
    directory.mtime = fileTime(entry);
  }

  #attributesOf({ type, mode, uid, gid, link, device, xattrs }: Entry): Attributes {
    if (type === 'hardlink') throw new Error('a hard link has no inode of its own');
    const attributes = { type, mode, uid, gid, link, device, xattrs };
    if (link !== undefined || device !== undefined || xattrs !== undefined) return attributes;
    const key = `${type} ${mode} ${uid} ${gid}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, attributes);
    return attributes;
  }
}

/** Times before 1970 become 1970, as in container engines. */
function fileTime(entry: Entry): number {
  return Math.max(entry.mtime, 0);
}
