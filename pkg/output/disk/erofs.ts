import { type FileHandle, open } from 'node:fs/promises';
import { type BytePath, type Entry, type Member, parentPath } from '../../archive/index.ts';
import { OutputError } from '../aside.ts';
import { directoryBytes, formatDirectory } from './erofs-directory.ts';
import { blockBytes, type ErofsInode, formatInode, inlineRoom, slotBytes } from './erofs-inode.ts';
import { guidBytes } from './gpt.ts';
import type { DiskIdentity } from './identity.ts';

const superblock = { at: 1024, bytes: 128, magic: 0xe0f5_e1e2, timesAreMtimes: 2 } as const;
/** The root's number has 16 bits, so it comes first; 0 is no inode's. */
const firstSlot = 2;

/**
 * Writes a file tree as EROFS, uncompressed: the content of files as it comes, then inodes and folders. (mkfs.erofs
 * takes a tar for input from version 1.7 on only.) The same members give the same bytes; memory holds names, no content.
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
    let block = 1;
    for await (const { entry, content } of members) {
      signal?.throwIfAborted();
      const inode = tree.add(entry);
      if (entry.type !== 'file' || entry.size === 0) continue;
      inode.block = block;
      let at = block * blockBytes;
      for await (const chunk of content) {
        await file.write(chunk, 0, chunk.length, at);
        at += chunk.length;
      }
      block = Math.ceil(at / blockBytes);
    }
    await writeMetadata(file, tree, block, identity);
  } finally {
    await file.close();
  }
}

class ErofsTree {
  readonly root: ErofsInode = newInode({ path: '', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 0 });
  readonly #byPath = new Map<BytePath, ErofsInode>([['', this.root]]);

  add(entry: Entry): ErofsInode {
    if (entry.type === 'hardlink') return this.#link(entry);
    const before = this.#byPath.get(entry.path);
    if (before !== undefined) return Object.assign(before, { entry });
    const parent = this.#folder(parentPath(entry.path));
    const inode = newInode(entry, parent);
    if (entry.type === 'directory') parent.links++;
    return this.#name(entry.path, inode);
  }

  #folder(path: BytePath): ErofsInode {
    const there = this.#byPath.get(path);
    return there ?? this.add({ ...this.root.entry, path, mode: 0o755, uid: 0, gid: 0, mtime: 0 });
  }

  #link({ path, link = '' }: Entry): ErofsInode {
    const inode = this.#byPath.get(link);
    if (inode === undefined)
      throw new OutputError('conflicting-trees', `/${path} is a hard link to /${link}, which is missing`);
    inode.links++;
    return this.#name(path, inode);
  }

  #name(path: BytePath, inode: ErofsInode): ErofsInode {
    this.#byPath.set(path, inode);
    this.#folder(parentPath(path)).children?.set(path.slice(path.lastIndexOf('/') + 1), inode);
    return inode;
  }

  /** Each once, the root first. */
  inodes(): ReadonlySet<ErofsInode> {
    return new Set(this.#byPath.values());
  }
}

function newInode(entry: Entry, parent?: ErofsInode): ErofsInode {
  const isFolder = entry.type === 'directory';
  const size = entry.type === 'symlink' ? (entry.link ?? '').length : entry.size;
  const children = isFolder ? new Map<BytePath, ErofsInode>() : undefined;
  return { entry, children, parent, links: isFolder ? 2 : 1, size, block: 0, number: 0 };
}

/** Numbers every inode, then writes them, what is too large to stand behind its own, and the superblock. */
async function writeMetadata(file: FileHandle, tree: ErofsTree, start: number, identity: DiskIdentity): Promise<void> {
  const inodes = tree.inodes();
  const large: ErofsInode[] = [];
  let at = firstSlot * slotBytes;
  for (const inode of inodes) {
    if (inode.children !== undefined) inode.size = directoryBytes(inode);
    if (inode.entry.type !== 'file' && inode.size > inlineRoom(inode.entry)) large.push(inode);
    const bytes = formatInode(inode, Buffer.alloc(isInline(inode) ? inode.size : 0)).length;
    const left = blockBytes - (at % blockBytes);
    if (bytes > left && bytes <= blockBytes) at += left;
    inode.number = at / slotBytes;
    at = Math.ceil((at + bytes) / slotBytes) * slotBytes;
  }
  let block = start + Math.ceil(at / blockBytes);
  for (const inode of large) {
    inode.block = block;
    block += Math.ceil(inode.size / blockBytes);
    await writeAt(file, madeContent(inode), inode.block * blockBytes);
  }
  for (const inode of inodes) {
    const inline = isInline(inode) ? madeContent(inode) : Buffer.alloc(0);
    await writeAt(file, formatInode(inode, inline), start * blockBytes + inode.number * slotBytes);
  }
  await writeAt(file, formatSuperblock(tree.root, inodes.size, block, start, identity), superblock.at);
  await file.truncate(block * blockBytes);
}

function isInline({ entry, size }: ErofsInode): boolean {
  return entry.type !== 'file' && size <= inlineRoom(entry);
}

/** The content of what is no file: a symlink's target, a folder's entries. */
function madeContent(inode: ErofsInode): Buffer {
  return inode.children === undefined ? Buffer.from(inode.entry.link ?? '', 'latin1') : formatDirectory(inode);
}

function formatSuperblock(
  root: ErofsInode,
  inodes: number,
  blocks: number,
  start: number,
  identity: DiskIdentity,
): Buffer {
  const bytes = Buffer.alloc(superblock.bytes);
  bytes.writeUInt32LE(superblock.magic, 0);
  bytes.writeUInt32LE(superblock.timesAreMtimes, 8);
  bytes.writeUInt8(Math.log2(blockBytes), 12);
  bytes.writeUInt16LE(root.number, 14);
  bytes.writeBigUInt64LE(BigInt(inodes), 16);
  bytes.writeUInt32LE(blocks, 36);
  bytes.writeUInt32LE(start, 40);
  guidBytes(identity.uuid('erofs')).copy(bytes, 48);
  bytes.write('LKIT', 64, 'latin1');
  return bytes;
}

async function writeAt(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  await file.write(bytes, 0, bytes.length, at);
}
