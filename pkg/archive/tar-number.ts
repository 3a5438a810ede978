import { ArchiveError } from './error.ts';

/**
 * The number in the bytes `from` to `to` of a tar header: octal digits between spaces and NULs, or, where the first bit is set, a big-endian
 * two's-complement number (GNU's base-256).
 *
 * @throws {ArchiveError} `invalid-number`
 */
export function parseTarNumber(block: Buffer, from: number, to: number, what: string): number {
  const first = block[from] ?? 0;
  return first >= 0x80 ? parseBase256(block.subarray(from, to), what) : parseOctal(block, from, to, what);
}

function parseOctal(block: Buffer, from: number, to: number, what: string): number {
  let at = from;
  while (at < to && isBlank(block[at])) at++;
  let value = 0;
  for (; at < to && !isBlank(block[at]); at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) throw invalid(what, JSON.stringify(block.toString('latin1', from, to)));
    value = value * 8 + digit;
  }
  // Only blanks may follow, or the field is not a number at all.
  for (; at < to; at++) {
    if (!isBlank(block[at])) throw invalid(what, JSON.stringify(block.toString('latin1', from, to)));
  }
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

function parseBase256(field: Buffer, what: string): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = negative ? -1 : 0;
  for (const [index, byte] of field.entries()) {
    // Of a positive number, the first byte's top bit only marks the encoding.
    value = value * 256 + (index === 0 && !negative ? byte & 0x7f : byte);
    if (!Number.isSafeInteger(value)) throw invalid(what, `0x${field.toString('hex')}`);
  }
  return value;
}

/** A number of a PAX record: decimal, for times with a sign and a fraction, which is cut off towards the past. */
export function parsePaxNumber(text: string, what: string): number {
  const value = Number(text);
  if (!/^-?\d+(\.\d*)?$/.test(text) || !Number.isSafeInteger(Math.floor(value))) {
    throw invalid(what, JSON.stringify(text.slice(0, 40)));
  }
  return Math.floor(value);
}

/** @throws {ArchiveError} `invalid-number` where `value` is not within 0 and `max` */
export function checkRange(value: number, max: number, what: string): number {
  if (value < 0 || value > max) throw invalid(what, `${value}`);
  return value;
}

function invalid(what: string, found: string): ArchiveError {
  return new ArchiveError('invalid-number', `its ${what} is no valid number: ${found}`);
}
