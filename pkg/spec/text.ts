import type { Location } from '../errors/index.ts';
import type { SourceText } from './source.ts';

/** Turns offsets of one text into lines and columns. */
export interface LineTable {
  /** Line and column count from 1; the column counts characters, a pair of surrogates being one. */
  position(offset: number): { readonly line: number; readonly column: number };
  /** A line's text without its line break. */
  line(line: number): string;
}

export function lineTable(text: string): LineTable {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return {
    position(offset) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { line: low + 1, column: countCharacters(text.slice(starts[low], offset)) + 1 };
    },
    line(line) {
      const start = starts[line - 1] ?? text.length;
      return text.slice(start, (starts[line] ?? text.length + 1) - 1).replace(/\r$/, '');
    },
  };
}

function countCharacters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isPair = code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    if (isPair) at++;
    count++;
  }
  return count;
}

/** A source's text without a byte order mark, as far as it can be decoded, and the offset at which that ends. */
export interface DecodedText {
  readonly text: string;
  /** The first offset that is not UTF-8; `undefined` when all of it is. */
  readonly invalidAt: number | undefined;
  readonly isUtf16: boolean;
}

export function decodeText({ text }: Pick<SourceText, 'text'>): DecodedText {
  if (typeof text === 'string') return { text: withoutMark(text), invalidAt: undefined, isUtf16: false };
  const isUtf16 = (text[0] === 0xff && text[1] === 0xfe) || (text[0] === 0xfe && text[1] === 0xff);
  const valid = utf8Length(text);
  const decoded = withoutMark(new TextDecoder('utf-8', { ignoreBOM: true }).decode(text.subarray(0, valid)));
  return { text: decoded, invalidAt: valid === text.length ? undefined : decoded.length, isUtf16 };
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** The number of bytes before the first that is not UTF-8 (RFC 3629, section 4). */
function utf8Length(bytes: Uint8Array): number {
  const length = bytes.length;
  let at = 0;
  while (at < length) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) {
      at++;
      continue;
    }
    const more =
      first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (more === 0 || at + more >= length) return at;
    const second = bytes[at + 1] ?? 0;
    const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return at;
    for (let next = 2; next <= more; next++) {
      if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return at;
    }
    at += more + 1;
  }
  return length;
}

/** The location of an offset in a file. */
export function locate(file: string, lines: LineTable, offset: number): Location {
  return { file, ...lines.position(offset) };
}
