import { paddingTo } from './chunks.ts';
import type { Entry, EntryType } from './entry.ts';
import { ArchiveError } from './error.ts';

/**
 * The "newc" cpio format, as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst):
 * each entry is a header of 110 characters, its name and a NUL, padding to 4, content, padding to 4.
 */
export const headerBytes = 110;

const typeBits: Readonly<Record<EntryType, number>> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  // Its own name for a file: what makes it a link is the inode number.
  hardlink: 0o100000,
  symlink: 0o120000,
};

/** The kernel skips, without a word, what has a longer name (PATH_MAX with the NUL). */
const maxPathBytes = 4095;
const max32 = 0xffff_ffff;

export interface CpioInode {
  /** Unique within one archive, up to its trailer, except that all names of one file share it. */
  readonly ino: number;
  /** How many names the file has. The kernel looks for earlier names only when there is more than one. */
  readonly links?: number;
}

/**
 * Header, name and padding: everything before the content. A symlink's target is its content and is included.
 * `entry.size` is how much content follows, 0 for the second and later names of a file.
 *
 * @param alignment what the header's length is to be a multiple of. For more than 4, NULs are counted as part of the name,
 * as the kernel allows (buffer-format.rst on c_namesize)
 * @throws {ArchiveError} `not-representable`
 */
export function cpioHeader(entry: Entry, inode: CpioInode, alignment = 4): Buffer {
  const target = entry.type === 'symlink' ? Buffer.from(entry.link ?? '', 'latin1') : undefined;
  const size = target?.length ?? entry.size;
  checkRepresentable(entry, size);
  const fields = [
    inode.ino,
    typeBits[entry.type] | entry.mode,
    entry.uid,
    entry.gid,
    inode.links ?? (entry.type === 'directory' ? 2 : 1),
    // Times are unsigned 32-bit numbers here.
    Math.min(Math.max(entry.mtime, 0), max32),
    size,
    0,
    0,
    entry.device?.major ?? 0,
    entry.device?.minor ?? 0,
  ];
  const header = namedHeader(fields, entry.path === '' ? '.' : entry.path, alignment);
  return target === undefined ? header : Buffer.concat([header, target, cpioPadding(target.length)]);
}

/** The end of an archive. The kernel then forgets inode numbers, so hard links never reach across it. */
export function cpioTrailer(): Buffer {
  return namedHeader([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], 'TRAILER!!!');
}

/** What follows content of `size` bytes. */
export function cpioPadding(size: number): Buffer {
  return Buffer.alloc(paddingTo(4, size));
}

/** Bytes that an entry takes, content included. */
export function cpioEntrySize(entry: Entry): number {
  const size = entry.type === 'symlink' ? (entry.link ?? '').length : entry.size;
  const named = headerBytes + (entry.path.length || 1) + 1;
  return named + paddingTo(4, named) + size + paddingTo(4, size);
}

function namedHeader(fields: readonly number[], name: string, alignment = 4): Buffer {
  const named = headerBytes + name.length + 1;
  const buffer = Buffer.alloc(named + paddingTo(alignment, named));
  const nameBytes = alignment === 4 ? name.length + 1 : buffer.length - headerBytes;
  const hex = [...fields, nameBytes, 0].map((field) => field.toString(16).toUpperCase().padStart(8, '0'));
  buffer.write(`070701${hex.join('')}${name}`, 'latin1');
  return buffer;
}

function checkRepresentable(entry: Entry, size: number): void {
  const refuse = (reason: string, hint?: string): never => {
    throw new ArchiveError('not-representable', reason, { entry: entry.path, hint });
  };
  if (size > max32) {
    refuse(`${size} bytes are too many for an initrd: the cpio format ends at 4 GiB per file`, 'Use a disk format.');
  }
  if (entry.path.length > maxPathBytes)
    refuse(`the kernel skips names of more than ${maxPathBytes} bytes in an initrd`);
  if (entry.type === 'symlink' && size > maxPathBytes) {
    refuse(`the kernel skips symlinks of more than ${maxPathBytes} bytes in an initrd`);
  }
  if (entry.path === 'TRAILER!!!') refuse('this name ends a cpio archive, so no file in an initrd can have it');
}
