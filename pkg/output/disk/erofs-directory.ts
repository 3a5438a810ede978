import type { BytePath } from '../../archive/index.ts';
import { blockBytes, type Inode } from './erofs-inode.ts';

const direntBytes = 12;

/** `EROFS_FT_…`, by S_IFMT. */
const fileTypes: Readonly<Record<number, number>> = {
  0o100000: 1,
  0o040000: 2,
  0o020000: 3,
  0o060000: 4,
  0o010000: 5,
  0o120000: 7,
};

/** A name in a folder, `.` and `..` among them. */
export type Dirent = readonly [name: BytePath, index: number];

/** A folder's content: blocks of fixed-size entries with their names behind them, sorted by the names' bytes. */
export function formatDirectory(dirents: readonly Dirent[], inodeAt: (index: number) => Inode): Buffer {
  return Buffer.concat(
    blocksOf(dirents).map((some, number, { length }) => {
      const block = formatBlock(some, inodeAt);
      return number === length - 1 ? block : Buffer.concat([block], blockBytes);
    }),
  );
}

/** The length of what `formatDirectory` makes, which does not depend on inodes' numbers. */
export function directoryBytes(dirents: readonly Dirent[]): number {
  const blocks = blocksOf(dirents);
  const last = blocks.at(-1) ?? [];
  return (blocks.length - 1) * blockBytes + last.reduce((sum, [name]) => sum + direntBytes + name.length, 0);
}

function blocksOf(dirents: readonly Dirent[]): readonly (readonly Dirent[])[] {
  const blocks: Dirent[][] = [];
  let room = 0;
  for (const dirent of [...dirents].sort(([a], [b]) => (a < b ? -1 : 1))) {
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

function formatBlock(dirents: readonly Dirent[], inodeAt: (index: number) => Inode): Buffer {
  const head = Buffer.alloc(dirents.length * direntBytes);
  let nameAt = head.length;
  dirents.forEach(([name, index], position) => {
    const inode = inodeAt(index);
    head.writeBigUInt64LE(BigInt(inode.number), position * direntBytes);
    head.writeUInt16LE(nameAt, position * direntBytes + 8);
    head.writeUInt8(fileTypes[inode.type] ?? 0, position * direntBytes + 10);
    nameAt += name.length;
  });
  return Buffer.concat([head, ...dirents.map(([name]) => Buffer.from(name, 'latin1'))]);
}
