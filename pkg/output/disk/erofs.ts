import { open, writeFile } from 'node:fs/promises';
import { coalesce, type Member, paddingTo, zeroBytes } from '../../archive/index.ts';
import { blockBytes, inodeBytes, type InodeTable, slotBytes } from './erofs-inode.ts';
import { ErofsTree } from './erofs-tree.ts';
import { guidBytes } from './gpt.ts';
import type { DiskIdentity } from './identity.ts';

const superblock = { at: 1024, bytes: 128, magic: 0xe0f5_e1e2, timesAreMtimes: 2 } as const;
/** The root's number has 16 bits, so it comes first; 0 is no inode's. */
const firstSlot = 2;

/**
 * Writes a file tree as EROFS, uncompressed: the content of files as it comes, then inodes and folders. (mkfs.erofs
 * takes a tar for input from version 1.7 on only.) The same members give the same bytes; memory holds names and inodes.
 *
 * @throws {OutputError} `conflicting-trees` for a hard link without its file
 */
export async function writeErofs(
  members: AsyncIterable<Member>,
  target: string,
  { identity, signal }: { readonly identity: DiskIdentity; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const file = await open(target, 'w');
  try {
    const tree = new ErofsTree();
    await writeFile(file, coalesce(contentOfFiles(members, tree, signal), true));
    const start = (await file.stat()).size / blockBytes;
    const large = placeInodes(tree, start);
    await writeFile(file, coalesce(metadataOf(tree, large), true));
    const blocks = (await file.stat()).size / blockBytes;
    const bytes = formatSuperblock(tree.inodes, { start, blocks }, identity);
    await file.write(bytes, 0, bytes.length, superblock.at);
  } finally {
    await file.close();
  }
}

/** Room for the superblock, then what is in files, from block to block. */
async function* contentOfFiles(
  members: AsyncIterable<Member>,
  tree: ErofsTree,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  yield* zeroBytes(blockBytes);
  let block = 1;
  for await (const { entry, content } of members) {
    signal?.throwIfAborted();
    const inode = tree.add(entry);
    if (entry.type !== 'file' || entry.size === 0) continue;
    inode.block = block;
    yield* content;
    yield* zeroBytes(paddingTo(blockBytes, entry.size));
    block += Math.ceil(entry.size / blockBytes);
  }
}

/**
 * Numbers every inode by its place behind the block `start`, and finds one for what is too large to stand behind its own.
 *
 * @returns the indexes of the inodes whose content is that large, in the order of its places
 */
function placeInodes(tree: ErofsTree, start: number): ReadonlySet<number> {
  const large = new Set<number>();
  let at = firstSlot * slotBytes;
  for (const [index, inode] of tree.inodes.entries()) {
    if (!inode.isFile) inode.size = tree.madeBytes(index);
    const bare = inodeBytes + tree.xattrsOf(index).length;
    if (!inode.isFile && bare + inode.size > blockBytes) large.add(index);
    const bytes = bare + (inode.isFile || large.has(index) ? 0 : inode.size);
    const left = blockBytes - (at % blockBytes);
    if (bytes > left && bytes <= blockBytes) at += left;
    inode.number = at / slotBytes;
    at = Math.ceil((at + bytes) / slotBytes) * slotBytes;
  }
  let block = start + Math.ceil(at / blockBytes);
  for (const index of large) {
    const inode = tree.inodes.at(index);
    inode.block = block;
    block += Math.ceil(inode.size / blockBytes);
  }
  return large;
}

/** All inodes, each with what stands behind it, and then what is large. */
function* metadataOf(tree: ErofsTree, large: ReadonlySet<number>): Generator<Buffer> {
  let at = 0;
  for (const [index, inode] of tree.inodes.entries()) {
    const inline = inode.isFile || large.has(index) ? Buffer.alloc(0) : tree.madeContent(index);
    if (inline.length > 0) inode.setInline();
    const place = inode.number * slotBytes;
    yield* zeroBytes(place - at);
    at = place;
    for (const piece of [inode.bytes, tree.xattrsOf(index), inline]) {
      yield piece;
      at += piece.length;
    }
  }
  yield* zeroBytes(paddingTo(blockBytes, at));
  for (const index of large) {
    const content = tree.madeContent(index);
    yield content;
    yield* zeroBytes(paddingTo(blockBytes, content.length));
  }
}

function formatSuperblock(
  inodes: InodeTable,
  { start, blocks }: { readonly start: number; readonly blocks: number },
  identity: DiskIdentity,
): Buffer {
  const bytes = Buffer.alloc(superblock.bytes);
  bytes.writeUInt32LE(superblock.magic, 0);
  bytes.writeUInt32LE(superblock.timesAreMtimes, 8);
  bytes.writeUInt8(Math.log2(blockBytes), 12);
  bytes.writeUInt16LE(inodes.at(0).number, 14);
  bytes.writeBigUInt64LE(BigInt(inodes.length), 16);
  bytes.writeUInt32LE(blocks, 36);
  bytes.writeUInt32LE(start, 40);
  guidBytes(identity.uuid('erofs')).copy(bytes, 48);
  bytes.write('LKIT', 64, 'latin1');
  return bytes;
}
