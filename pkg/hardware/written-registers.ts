import { quoted, type PlacedEntry } from '../spec/index.ts';
import type { Findings } from './findings.ts';
import type { RegisterImage } from './model.ts';
import { registerCount } from './registers.ts';

/**
 * The registers that a device's `registers:` or `words:` lists. A key is a register or a range of them; a list of values
 * fills the registers from there on.
 */
export function writtenRegisters(
  entries: readonly PlacedEntry<number | readonly number[]>[],
  width: RegisterImage['width'],
  findings: Findings,
): RegisterImage {
  const values = new Map<number, number>();
  const maximum = 2 ** width - 1;
  for (const { key, value, ...place } of entries) {
    const range = parseRange(key.value);
    if (!range || range.last >= registerCount || range.first > range.last) {
      const message = `${quoted(key.value)} is not a register from 0x00 to 0xff, nor a range such as 0x10-0x1f`;
      findings.report(key, { code: 'invalid-value', message });
      continue;
    }
    const list = typeof value === 'number' ? new Array<number>(range.last - range.first + 1).fill(value) : value;
    const last = range.first + list.length - 1;
    if (range.isRange && typeof value !== 'number' && last !== range.last) {
      const message = `${list.length} values do not fill the ${range.last - range.first + 1} registers of ${key.value}`;
      findings.report(place, { code: 'invalid-value', message });
      continue;
    }
    if (last >= registerCount) {
      const message = `${list.length} values from ${key.value} on go beyond the last register, 0xff`;
      findings.report(place, { code: 'invalid-value', message });
      continue;
    }
    const wrong = list.find((each) => !Number.isInteger(each) || each < 0 || each > maximum);
    if (wrong !== undefined) {
      const message = `${wrong} is not a value of ${width} bits, 0 to 0x${maximum.toString(16)}`;
      const hint = width === 8 && wrong > 0 ? 'Registers of 16 bits stand under "words:".' : undefined;
      findings.report(place, { code: 'invalid-value', message, hint });
      continue;
    }
    for (const [index, each] of list.entries()) values.set(range.first + index, each);
  }
  return { width, values };
}

function parseRange(
  text: string,
): { readonly first: number; readonly last: number; readonly isRange: boolean } | undefined {
  const match = /^(0x[0-9a-f]+|\d+)(?:-(0x[0-9a-f]+|\d+))?$/i.exec(text);
  if (!match) return undefined;
  const first = Number(match[1]);
  return { first, last: Number(match[2] ?? first), isRange: match[2] !== undefined };
}
