import { coalesce, paddingTo, zeroBytes } from './chunks.ts';
import type { BytePath, Entry, EntryType } from './entry.ts';
import { ArchiveError } from './error.ts';
import { exactly, type Member } from './member.ts';
import { blockBytes } from './tar-header.ts';
import { formatPax, type PaxRecord } from './tar-pax.ts';

export interface TarOptions {
  /**
   * Long names in GNU's extension, for readers that do not know PAX, such as busybox's. What else needs a PAX record
   * gets one all the same.
   *
   * @default false
   */
  readonly gnuNames?: boolean;
  /** Give pieces that are overwritten when the next one is asked for; members' content may be lent then, too. @default false */
  readonly lend?: boolean;
}

/**
 * A PAX tar archive of the members, in their order, in pieces of about 256 KiB. The same members give the same bytes:
 * nothing but the entries goes in. Names and attributes are written as the bytes that they are.
 *
 * @throws {ArchiveError} `size-mismatch` where content is not as long as its entry says
 */
export function writeTar(members: AsyncIterable<Member>, options: TarOptions = {}): AsyncGenerator<Buffer> {
  return coalesce(tarPieces(members, options), options.lend);
}

async function* tarPieces(members: AsyncIterable<Member>, options: TarOptions): AsyncGenerator<Buffer> {
  for await (const { entry, content } of members) {
    yield tarHeader(entry, options);
    if (entry.size === 0) continue;
    yield* exactly(entry.size, content, entry.path);
    yield* zeroBytes(paddingTo(blockBytes, entry.size));
  }
  yield* zeroBytes(2 * blockBytes);
}

const typeflags: Readonly<Record<EntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

const maxNameField = 100;
const maxOctal = { id: 0o777_7777, size: 0o777_7777_7777 };

/** The header of one entry, with extended headers before it where ustar's fields do not hold it. */
export function tarHeader(entry: Entry, { gnuNames = false }: TarOptions = {}): Buffer {
  const name = tarName(entry);
  const link = entry.link ?? '';
  const gnu = {
    name: gnuNames && name.length > maxNameField,
    // A symlink's target always: from a PAX `linkpath`, squashfs-tools before 4.6 cut `/` and `../` off the beginning.
    link: link.length > maxNameField && (gnuNames || entry.type === 'symlink'),
  };
  const records = paxRecords(entry, { name: gnu.name ? '' : name, link: gnu.link ? '' : link });
  return Buffer.concat([
    ...(gnu.link ? extendedHeader(entry, 'K', '././@LongLink', Buffer.from(`${link}\0`, 'latin1')) : []),
    ...(gnu.name ? extendedHeader(entry, 'L', '././@LongLink', Buffer.from(`${name}\0`, 'latin1')) : []),
    ...(records.length === 0 ? [] : extendedHeader(entry, 'x', 'PaxHeader', formatPax(records))),
    ustarHeader(entry, typeflags[entry.type], name, entry.size),
  ]);
}

function extendedHeader(entry: Entry, typeflag: string, name: string, content: Buffer): readonly Buffer[] {
  const header = ustarHeader({ ...entry, mode: 0o644, uid: 0, gid: 0, link: '' }, typeflag, name, content.length);
  return [header, content, Buffer.alloc(paddingTo(blockBytes, content.length))];
}

function tarName(entry: Entry): BytePath {
  if (entry.path === '') return './';
  return entry.type === 'directory' ? `${entry.path}/` : entry.path;
}

/** @param names what is not in one of GNU's extensions */
function paxRecords(
  entry: Entry,
  { name, link }: { readonly name: BytePath; readonly link: BytePath },
): readonly PaxRecord[] {
  const text = (value: string | number): Buffer => Buffer.from(String(value), 'latin1');
  const records: PaxRecord[] = [];
  const longNames = [name, link].filter((path) => path.length > maxNameField);
  // The format's names are UTF-8 unless it is told otherwise.
  if (longNames.some(isBinary)) records.push(['hdrcharset', text('BINARY')]);
  if (name.length > maxNameField) records.push(['path', text(name)]);
  if (link.length > maxNameField) records.push(['linkpath', text(link)]);
  if (entry.size > maxOctal.size) records.push(['size', text(entry.size)]);
  if (entry.uid > maxOctal.id) records.push(['uid', text(entry.uid)]);
  if (entry.gid > maxOctal.id) records.push(['gid', text(entry.gid)]);
  if (entry.mtime < 0 || entry.mtime > maxOctal.size) records.push(['mtime', text(entry.mtime)]);
  const xattrs = [...(entry.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of xattrs) {
    if (key.includes('=')) {
      throw new ArchiveError('not-representable', 'tar cannot hold an attribute with "=" in its name', {
        entry: entry.path,
      });
    }
    records.push([`SCHILY.xattr.${key}`, value]);
  }
  return records;
}

function isBinary(path: BytePath): boolean {
  return Buffer.from(path, 'latin1').toString('utf8').includes('\ufffd');
}

function ustarHeader(entry: Entry, typeflag: string, name: BytePath, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void => {
    // What does not fit stands in a PAX record.
    const fits = value >= 0 && value < 8 ** (length - 1);
    block.write((fits ? value : 0).toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  block.write(name.slice(0, maxNameField), 0, 'latin1');
  octal(entry.mode, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(size, 124, 12);
  octal(entry.mtime, 136, 12);
  block.write(typeflag, 156, 'latin1');
  block.write((entry.link ?? '').slice(0, maxNameField), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.device?.major ?? 0, 329, 8);
  octal(entry.device?.minor ?? 0, 337, 8);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
