import type { BytePath, Entry } from '../../archive/index.ts';
import { blockBytes, type ErofsInode } from './erofs-inode.ts';

const direntBytes = 12;

/** `EROFS_FT_…` */
const fileTypes: Readonly<Record<Entry['type'], number>> = {
  file: 1,
  hardlink: 1,
  directory: 2,
  character: 3,
  block: 4,
  fifo: 5,
  symlink: 7,
};

type Dirent = readonly [name: BytePath, inode: ErofsInode];

/** A folder's content: blocks of fixed-size entries with their names behind them, sorted by the names' bytes. */
export function formatDirectory(directory: ErofsInode): Buffer {
  return Buffer.concat(
    blocksOf(directory).map((dirents, index, { length }) => {
      const block = formatBlock(dirents);
      return index === length - 1 ? block : Buffer.concat([block], blockBytes);
    }),
  );
}

/** The length of what `formatDirectory` makes, which does not depend on inodes' numbers. */
export function directoryBytes(directory: ErofsInode): number {
  const blocks = blocksOf(directory);
  const last = blocks.at(-1) ?? [];
  return (blocks.length - 1) * blockBytes + last.reduce((sum, [name]) => sum + direntBytes + name.length, 0);
}

function blocksOf(directory: ErofsInode): readonly (readonly Dirent[])[] {
  const all: Dirent[] = [['.', directory], ['..', directory.parent ?? directory], ...(directory.children ?? [])];
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  const blocks: Dirent[][] = [];
  let room = 0;
  for (const dirent of all) {
    const bytes = direntBytes + dirent[0].length;
    if (bytes > room) {
      blocks.push([]);
      room = blockBytes;
    }
    blocks.at(-1)?.push(dirent);
    room -= bytes;
  }
  return blocks;
}

function formatBlock(dirents: readonly Dirent[]): Buffer {
  const head = Buffer.alloc(dirents.length * direntBytes);
  let nameAt = head.length;
  dirents.forEach(([name, { number, entry }], index) => {
    head.writeBigUInt64LE(BigInt(number), index * direntBytes);
    head.writeUInt16LE(nameAt, index * direntBytes + 8);
    head.writeUInt8(fileTypes[entry.type], index * direntBytes + 10);
    nameAt += name.length;
  });
  return Buffer.concat([head, ...dirents.map(([name]) => Buffer.from(name, 'latin1'))]);
}
