import type { BytePath } from './entry.ts';
import { ArchiveError } from './error.ts';
import { checkRange, parseTarNumber } from './tar-number.ts';

export const blockBytes = 512;

/** One 512-byte header as it stands, before extended headers change it. */
export interface TarHeader {
  readonly typeflag: string;
  readonly name: BytePath;
  readonly link: BytePath;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  /** Bytes that follow, before padding. */
  readonly size: number;
  readonly device: { readonly major: number; readonly minor: number };
  readonly block: Buffer;
}

export const maxId = 0xffff_fffe;
const maxMajor = 0xfff;
const maxMinor = 0xf_ffff;

/**
 * Reads a header of any of the formats: v7, ustar (POSIX), GNU, star.
 *
 * @throws {ArchiveError} `invalid-header` for a wrong checksum, `invalid-number`
 */
export function parseTarHeader(block: Buffer): TarHeader {
  if (!checksumMatches(block)) {
    throw new ArchiveError('invalid-header', 'this is no tar archive, or it is damaged: a header has a wrong checksum');
  }
  const typeflag = String.fromCharCode(block[156] ?? 0);
  const isDevice = typeflag === '3' || typeflag === '4';
  const number = (from: number, to: number, what: string): number => parseTarNumber(block, from, to, what);
  return {
    typeflag,
    name: nameWithPrefix(block),
    link: cString(block, 157, 257),
    mode: number(100, 108, 'mode') & 0o7777,
    uid: checkRange(number(108, 116, 'owner'), maxId, 'owner'),
    gid: checkRange(number(116, 124, 'group'), maxId, 'group'),
    size: checkRange(number(124, 136, 'size'), Number.MAX_SAFE_INTEGER, 'size'),
    mtime: number(136, 148, 'time'),
    device: isDevice
      ? {
          major: checkRange(number(329, 337, 'device number'), maxMajor, 'major device number'),
          minor: checkRange(number(337, 345, 'device number'), maxMinor, 'minor device number'),
        }
      : noDevice,
    block,
  };
}

const noDevice = { major: 0, minor: 0 };

/** POSIX sums bytes without sign; some old writers summed with it, and readers accept both. */
function checksumMatches(block: Buffer): boolean {
  let stored: number;
  try {
    stored = parseTarNumber(block, 148, 156, 'checksum');
  } catch {
    return false;
  }
  // The field itself counts as spaces.
  let unsigned = 8 * 0x20;
  for (let at = 0; at < 148; at++) unsigned += block[at] ?? 0;
  for (let at = 156; at < blockBytes; at++) unsigned += block[at] ?? 0;
  return stored === unsigned || stored === unsigned - 256 * negativeBytes(block);
}

function negativeBytes(block: Buffer): number {
  return block.reduce((count, byte, at) => (byte >= 0x80 && (at < 148 || at >= 156) ? count + 1 : count), 0);
}

/** POSIX splits a long name over two fields; GNU uses the second field for other things, star its end. */
function nameWithPrefix(block: Buffer): BytePath {
  const name = cString(block, 0, 100);
  if (block.toString('latin1', 257, 263) !== 'ustar\0') return name;
  const isStar = block.toString('latin1', 508, 512) === 'tar\0';
  const prefix = cString(block, 345, isStar ? 476 : 500);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The bytes up to the first NUL. */
export function cString(bytes: Buffer, from: number, to: number): BytePath {
  const end = bytes.indexOf(0, from);
  return bytes.toString('latin1', from, end < 0 || end > to ? to : end);
}
