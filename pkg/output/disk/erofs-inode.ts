import type { Entry } from '../../archive/index.ts';

/** EROFS (kernel, fs/erofs/erofs_fs.h). All numbers are little-endian. */
export const blockBytes = 4096;
/** Inodes are numbered by where they are, in these steps. */
export const slotBytes = 32;
export const inodeBytes = 64;

/** The format's first field: this is an inode of 64 bytes, and its content stands behind it. */
const layout = { isExtended: 1, isInline: 2 << 1 } as const;

const typeBits: Readonly<Record<Entry['type'], number>> = {
  file: 0o100000,
  hardlink: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
};

/** The 64 bytes that an inode will be on disk, without what follows from other inodes. */
export class Inode {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Everything but the number of links, which may have been counted before. */
  describe(entry: Entry, xattrBytes: number): void {
    const { bytes } = this;
    bytes.writeUInt16LE(layout.isExtended, 0);
    bytes.writeUInt16LE(xattrBytes === 0 ? 0 : (xattrBytes - xattrHeaderBytes) / 4 + 1, 2);
    bytes.writeUInt16LE(typeBits[entry.type] | entry.mode, 4);
    this.size = entry.type === 'symlink' ? (entry.link ?? '').length : entry.size;
    this.block = entry.device === undefined ? 0 : encodeDevice(entry.device);
    bytes.writeUInt32LE(entry.uid, 24);
    bytes.writeUInt32LE(entry.gid, 28);
    bytes.writeBigInt64LE(BigInt(entry.mtime), 32);
  }

  /** S_IFMT of its mode. */
  get type(): number {
    return this.bytes.readUInt16LE(4) & 0o170000;
  }

  get isFile(): boolean {
    return this.type === typeBits.file;
  }

  /** Of its content, in bytes. */
  get size(): number {
    return Number(this.bytes.readBigUInt64LE(8));
  }

  set size(bytes: number) {
    this.bytes.writeBigUInt64LE(BigInt(bytes), 8);
  }

  /** Where its content begins; the number of a device. */
  set block(block: number) {
    this.bytes.writeUInt32LE(block, 16);
  }

  get number(): number {
    return this.bytes.readUInt32LE(20);
  }

  set number(number: number) {
    this.bytes.writeUInt32LE(number, 20);
  }

  get links(): number {
    return this.bytes.readUInt32LE(44);
  }

  set links(links: number) {
    this.bytes.writeUInt32LE(links, 44);
  }

  setInline(): void {
    this.bytes.writeUInt16LE(layout.isExtended | layout.isInline, 0);
  }
}

const inodesPerChunk = 4096;

/** Inodes by the order in which they came. There may be hundreds of thousands, so they are kept as bytes. */
export class InodeTable {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(): number {
    if (this.#length % inodesPerChunk === 0) this.#chunks.push(Buffer.alloc(inodesPerChunk * inodeBytes));
    return this.#length++;
  }

  *entries(): Generator<readonly [index: number, inode: Inode]> {
    for (let index = 0; index < this.#length; index++) yield [index, this.at(index)];
  }

  at(index: number): Inode {
    const chunk = this.#chunks[Math.floor(index / inodesPerChunk)];
    if (chunk === undefined) throw new RangeError(`no inode ${index}`);
    const start = (index % inodesPerChunk) * inodeBytes;
    return new Inode(chunk.subarray(start, start + inodeBytes));
  }
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

/** What stands behind an inode: attributes of the namespaces that squashfs holds as well. */
export function formatXattrs({ xattrs = new Map<string, Buffer>() }: Entry): Buffer {
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
