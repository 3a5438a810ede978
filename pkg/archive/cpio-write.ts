import { coalesce, paddingTo, zeroBytes } from './chunks.ts';
import { cpioEntrySize, cpioHeader, cpioPadding, cpioTrailer } from './cpio-header.ts';
import type { BytePath, Entry } from './entry.ts';
import { ArchiveError } from './error.ts';
import { exactly, type Member } from './member.ts';
import { Parents } from './parents.ts';

/** Archives are padded to this, so that another one can follow. */
export const cpioBlockBytes = 512;

export interface CpioOptions {
  /** Give pieces that are overwritten when the next one is asked for; members' content may be lent then, too. @default false */
  readonly lend?: boolean;
}

/**
 * A newc cpio archive of the members, in their order, with its trailer, padded to 512 bytes, in pieces of about 256 KiB.
 * Inode numbers count from 1, so the same members give the same bytes. Directories that are missing are added before
 * what they hold (root's, 0755): the kernel skips a file without its directory, and says nothing. A file with several
 * names needs `entry.links`; its first name carries the content.
 *
 * @throws {ArchiveError} `not-representable`, `broken-hard-link`, `size-mismatch`
 */
export function writeCpio(members: AsyncIterable<Member>, { lend }: CpioOptions = {}): AsyncGenerator<Buffer> {
  return coalesce(cpioPieces(members), lend);
}

async function* cpioPieces(members: AsyncIterable<Member>): AsyncGenerator<Buffer> {
  const layout = new CpioLayout();
  for await (const { entry, content } of members) {
    for (const directory of layout.parents.before(entry)) yield layout.header(directory);
    yield layout.header(entry);
    if (entry.size === 0) continue;
    yield* exactly(entry.size, content, entry.path);
    yield cpioPadding(entry.size);
  }
  yield cpioTrailer();
  layout.bytes += cpioTrailer().length;
  yield* zeroBytes(paddingTo(cpioBlockBytes, layout.bytes));
}

/** The exact length of what `writeCpio` makes of these entries. */
export function cpioSize(entries: Iterable<Entry>): number {
  const layout = new CpioLayout();
  for (const entry of entries) {
    for (const directory of layout.parents.before(entry)) layout.header(directory);
    layout.header(entry);
  }
  const bytes = layout.bytes + cpioTrailer().length;
  return bytes + paddingTo(cpioBlockBytes, bytes);
}

/** Numbers inodes and counts bytes. */
class CpioLayout {
  readonly parents = new Parents();
  bytes = 0;
  #lastIno = 0;
  readonly #linked = new Map<BytePath, { readonly ino: number; readonly links: number }>();

  header(entry: Entry): Buffer {
    this.bytes += cpioEntrySize(entry);
    return cpioHeader(entry, this.#inode(entry));
  }

  #inode(entry: Entry): { readonly ino: number; readonly links?: number } {
    if (entry.type === 'hardlink') {
      const inode = this.#linked.get(entry.link ?? '');
      if (inode !== undefined) return inode;
      throw new ArchiveError(
        'broken-hard-link',
        'it is a hard link to a file that was not announced as having several names',
        {
          entry: entry.path,
        },
      );
    }
    const ino = ++this.#lastIno;
    if (entry.type !== 'file' || (entry.links ?? 1) < 2) return { ino };
    const inode = { ino, links: entry.links ?? 1 };
    this.#linked.set(entry.path, inode);
    return inode;
  }
}
