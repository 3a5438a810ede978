import type { BytePath, Entry } from '../../archive/index.ts';

/** EROFS (kernel, fs/erofs/erofs_fs.h). All numbers are little-endian. */
export const blockBytes = 4096;
/** Inodes are numbered by where they are, in these steps. */
export const slotBytes = 32;
const inodeBytes = 64;

/** A file system's inode, as far as it does not depend on where others are. */
export interface ErofsInode {
  readonly entry: Entry;
  /** Names of a folder's entries, with their inodes; `undefined` for everything else. */
  readonly children: Map<BytePath, ErofsInode> | undefined;
  readonly parent: ErofsInode | undefined;
  links: number;
  /** Content: bytes, and the block where they begin unless they stand behind the inode. */
  size: number;
  block: number;
  number: number;
}

const typeBits: Readonly<Record<Entry['type'], number>> = {
  file: 0o100000,
  hardlink: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
};

/** The bytes of an inode with its extended attributes and, where it has some, content behind them. */
export function formatInode({ entry, links, size, block, number }: ErofsInode, inline: Buffer): Buffer {
  const xattrs = formatXattrs(entry);
  const inode = Buffer.alloc(inodeBytes);
  const [isExtended, flatInline] = [1, 2 << 1];
  inode.writeUInt16LE(isExtended | (inline.length > 0 ? flatInline : 0), 0);
  inode.writeUInt16LE(xattrs.length === 0 ? 0 : (xattrs.length - xattrHeaderBytes) / 4 + 1, 2);
  inode.writeUInt16LE(typeBits[entry.type] | entry.mode, 4);
  inode.writeBigUInt64LE(BigInt(size), 8);
  inode.writeUInt32LE(entry.device === undefined ? block : encodeDevice(entry.device), 16);
  inode.writeUInt32LE(number, 20);
  inode.writeUInt32LE(entry.uid, 24);
  inode.writeUInt32LE(entry.gid, 28);
  inode.writeBigInt64LE(BigInt(entry.mtime), 32);
  inode.writeUInt32LE(links, 44);
  return Buffer.concat([inode, xattrs, inline]);
}

/** How many bytes of content can stand behind an inode: all of it has to be in one block. */
export function inlineRoom(entry: Entry): number {
  return blockBytes - inodeBytes - formatXattrs(entry).length;
}

/** new_encode_dev() of the kernel's include/linux/kdev_t.h. */
function encodeDevice({ major, minor }: NonNullable<Entry['device']>): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

const xattrHeaderBytes = 12;
const xattrPrefixes: readonly (readonly [prefix: string, index: number])[] = [
  ['user.', 1],
  ['trusted.', 4],
  ['security.', 6],
];

/** Attributes of the namespaces that squashfs holds as well. */
function formatXattrs({ xattrs = new Map<string, Buffer>() }: Entry): Buffer {
  const entries = [...xattrs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => {
      const [prefix, index] = xattrPrefixes.find(([each]) => name.startsWith(each)) ?? ['', 0];
      if (index === 0) return [];
      const rest = Buffer.from(name.slice(prefix.length), 'latin1');
      const entry = Buffer.alloc(Math.ceil((4 + rest.length + value.length) / 4) * 4);
      entry.writeUInt8(rest.length, 0);
      entry.writeUInt8(index, 1);
      entry.writeUInt16LE(value.length, 2);
      rest.copy(entry, 4);
      value.copy(entry, 4 + rest.length);
      return [entry];
    });
  return entries.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(xattrHeaderBytes), ...entries]);
}
