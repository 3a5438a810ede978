import type { BytePath, Entry, EntryType } from './entry.ts';
import { ArchiveError } from './error.ts';
import { cleanPath } from './path.ts';
import { maxId, type TarHeader } from './tar-header.ts';
import { checkRange, parsePaxNumber } from './tar-number.ts';
import { type PaxRecord, paxXattrs } from './tar-pax.ts';

/** What the extended headers before an entry say about it. */
export interface Extension {
  path?: BytePath;
  link?: BytePath;
  records: readonly PaxRecord[];
}

const entryTypes: Readonly<Record<string, EntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  D: 'directory',
  S: 'file',
};

/** @throws {ArchiveError} `unsupported-type` */
export function entryType(header: TarHeader, name: BytePath): EntryType {
  // Before POSIX there was no type for directories.
  if (header.typeflag === '\0' && name.endsWith('/')) return 'directory';
  const type = entryTypes[header.typeflag];
  if (type !== undefined) return type;
  throw new ArchiveError(
    'unsupported-type',
    `tar entries of type ${JSON.stringify(header.typeflag)} are not supported`,
  );
}

/** How many bytes follow the header. Links, devices and directories have none, whatever their size field says. */
export function storedSize(header: TarHeader, paxSize: string | undefined): number {
  if ('123456'.includes(header.typeflag)) return 0;
  const size = paxSize === undefined ? header.size : parsePaxNumber(paxSize, 'size');
  return checkRange(size, Number.MAX_SAFE_INTEGER, 'size');
}

/** The entry that a header and its extensions describe; `pax` looks a record up. */
export function makeEntry(
  header: TarHeader,
  type: EntryType,
  name: BytePath,
  extension: Extension,
  pax: (key: string) => string | undefined,
  size: number,
): Entry {
  const id = (key: 'uid' | 'gid', what: string): number => {
    const text = pax(key);
    return text === undefined ? header[key] : checkRange(parsePaxNumber(text, what), maxId, what);
  };
  const mtime = pax('mtime');
  const xattrs = paxXattrs(extension.records);
  return {
    path: checkName(name, type),
    type,
    mode: header.mode,
    uid: id('uid', 'owner'),
    gid: id('gid', 'group'),
    mtime: mtime === undefined ? header.mtime : parsePaxNumber(mtime, 'time'),
    size,
    ...(type === 'symlink' || type === 'hardlink'
      ? { link: checkLink(pax('linkpath') ?? extension.link ?? header.link, type) }
      : {}),
    ...(type === 'character' || type === 'block' ? { device: header.device } : {}),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

function checkName(name: BytePath, type: EntryType): BytePath {
  const { path } = cleanPath(name);
  if (path.includes('\0')) throw new ArchiveError('invalid-name', 'a file name cannot hold a NUL byte');
  if (path === '' && type !== 'directory') {
    throw new ArchiveError('invalid-name', `a ${type} cannot take the place of the root directory`);
  }
  return path;
}

function checkLink(target: BytePath, type: 'symlink' | 'hardlink'): BytePath {
  if (target === '' || target.includes('\0')) {
    throw new ArchiveError('invalid-name', `the target of a ${type} cannot be empty or hold a NUL byte`);
  }
  if (type === 'symlink') return target;
  const { path, climbs } = cleanPath(target);
  if (climbs) throw new ArchiveError('invalid-name', 'it is a hard link to a file outside of the archive');
  return path;
}
