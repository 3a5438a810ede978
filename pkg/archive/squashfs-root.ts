import { type FileHandle, open } from 'node:fs/promises';
import { paddingTo } from './chunks.ts';
import { ArchiveError } from './error.ts';

/** Metadata of the root directory. */
export interface RootMetadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
}

/** The superblock's fields used here (kernel, fs/squashfs/squashfs_fs.h), all little-endian. */
const superblock = { bytes: 96, ids: 26, rootInode: 32, bytesUsed: 40, idTable: 48, xattrTable: 56, inodeTable: 64 };
const metadataBytes = 8192;
const uncompressedBit = 0x8000;
const idsPerBlock = metadataBytes / 4;
const noTable = 0xffff_ffff_ffff_ffffn;
const imageBlockBytes = 4096;

/**
 * Sets the root directory's metadata in an image whose inode and id tables are not compressed, and takes the owners out
 * of its id table that no file has.
 *
 * squashfs-tools before 4.6 give the root of an image made from a tar the user who packs and the time of packing,
 * whatever they are told; so the same tree would not make the same image, and `/` would belong to a person.
 *
 * @param used every user and group id that a file of the image has
 */
export async function setSquashfsRoot(file: string, root: RootMetadata, used: ReadonlySet<number>): Promise<void> {
  const image = await open(file, 'r+');
  try {
    const head = await readAt(image, 0, superblock.bytes);
    if (head.toString('latin1', 0, 4) !== 'hsqs') throw unexpected();
    const ids = await rewriteTail(image, head, root, used);
    const inode = Buffer.alloc(10);
    inode.writeUInt16LE(root.mode, 0);
    inode.writeUInt16LE(ids.indexOf(root.uid), 2);
    inode.writeUInt16LE(ids.indexOf(root.gid), 4);
    inode.writeUInt32LE(root.mtime, 6);
    await writeRootInode(image, head, inode);
    await image.write(head, 0, head.length, 0);
  } finally {
    await image.close();
  }
}

/** Everything from the id table on: it is the last but one, and the xattr table behind it moves when it shrinks. */
async function rewriteTail(
  image: FileHandle,
  head: Buffer,
  root: RootMetadata,
  used: ReadonlySet<number>,
): Promise<readonly number[]> {
  const indexAt = Number(head.readBigUInt64LE(superblock.idTable));
  const bytesUsed = Number(head.readBigUInt64LE(superblock.bytesUsed));
  const before = await readIds(image, indexAt, head.readUInt16LE(superblock.ids));
  const ids = [...new Set([...before.ids.filter((id) => used.has(id)), root.uid, root.gid])];
  const idTable = formatIds(ids, before.start);
  const behind = indexAt + before.blocks * 8;
  const xattrs = await readAt(image, behind, bytesUsed - behind);
  const shift = BigInt(before.start + idTable.length - behind);

  const xattrTable = head.readBigUInt64LE(superblock.xattrTable);
  if (xattrTable !== noTable) {
    moveXattrs(xattrs.subarray(Number(xattrTable) - behind), shift);
    head.writeBigUInt64LE(xattrTable + shift, superblock.xattrTable);
  }
  head.writeUInt16LE(ids.length, superblock.ids);
  head.writeBigUInt64LE(BigInt(before.start + idTable.length - blocksOf(ids.length) * 8), superblock.idTable);
  head.writeBigUInt64LE(BigInt(bytesUsed) + shift, superblock.bytesUsed);

  const end = bytesUsed + Number(shift);
  const tail = Buffer.concat([idTable, xattrs, Buffer.alloc(paddingTo(imageBlockBytes, end))]);
  await image.truncate(before.start);
  await image.write(tail, 0, tail.length, before.start);
  return ids;
}

/** The table of all xattr sets: where the first begins, how many (16 bytes each), and the blocks they stand in. */
function moveXattrs(table: Buffer, shift: bigint): void {
  const count = table.readUInt32LE(8);
  for (let at = 0; at < 16 + Math.ceil((count * 16) / metadataBytes) * 8; at += at === 0 ? 16 : 8) {
    table.writeBigUInt64LE(table.readBigUInt64LE(at) + shift, at);
  }
}

interface IdTable {
  readonly ids: readonly number[];
  readonly start: number;
  readonly blocks: number;
}

async function readIds(image: FileHandle, indexAt: number, count: number): Promise<IdTable> {
  const blocks = blocksOf(count);
  const index = await readAt(image, indexAt, blocks * 8);
  const start = Number(index.readBigUInt64LE(0));
  const ids: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const at = Number(index.readBigUInt64LE(block * 8));
    const header = (await readAt(image, at, 2)).readUInt16LE(0);
    if ((header & uncompressedBit) === 0) throw unexpected();
    const content = await readAt(image, at + 2, header & ~uncompressedBit);
    for (let offset = 0; offset < content.length; offset += 4) ids.push(content.readUInt32LE(offset));
  }
  return { ids, start, blocks };
}

function formatIds(ids: readonly number[], start: number): Buffer {
  const blocks: Buffer[] = [];
  const index = Buffer.alloc(blocksOf(ids.length) * 8);
  let at = start;
  for (let from = 0; from < ids.length; from += idsPerBlock) {
    const some = ids.slice(from, from + idsPerBlock);
    const block = Buffer.alloc(2 + some.length * 4);
    block.writeUInt16LE(uncompressedBit | (some.length * 4), 0);
    some.forEach((id, position) => block.writeUInt32LE(id, 2 + position * 4));
    index.writeBigUInt64LE(BigInt(at), blocks.length * 8);
    blocks.push(block);
    at += block.length;
  }
  return Buffer.concat([...blocks, index]);
}

/** Mode, owner, group and time stand behind the inode's type. An inode may begin in one metadata block and end in the next. */
async function writeRootInode(image: FileHandle, head: Buffer, fields: Buffer): Promise<void> {
  const reference = head.readBigUInt64LE(superblock.rootInode);
  const block = Number(head.readBigUInt64LE(superblock.inodeTable) + (reference >> 16n));
  const header = (await readAt(image, block, 2)).readUInt16LE(0);
  if ((header & uncompressedBit) === 0) throw unexpected();
  const offset = Number(reference & 0xffffn) + 2;
  const here = Math.max(0, Math.min(fields.length, metadataBytes - offset));
  await image.write(fields, 0, here, block + 2 + offset);
  const skippedHeader = 2;
  await image.write(fields, here, fields.length - here, block + 2 + offset + here + skippedHeader);
}

async function readAt(image: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await image.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw unexpected();
  return buffer;
}

function blocksOf(ids: number): number {
  return Math.ceil(ids / idsPerBlock);
}

function unexpected(): ArchiveError {
  return new ArchiveError('packing-failed', 'mksquashfs made an image of an unexpected form', {
    hint: 'Report this with the version of squashfs-tools (mksquashfs -version).',
  });
}
