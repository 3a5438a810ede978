import type { Expectation } from './types.ts';

export type Comparison =
  | { readonly holds: true; readonly end: number }
  | { readonly holds: false; /** A number that is not near enough. */ readonly found?: string };

/** Whether a text is as expected; `end` is the offset behind what was found in it. */
export function compare(expected: Expectation, text: string): Comparison {
  switch (expected.kind) {
    case 'contains': {
      const at = text.indexOf(expected.text);
      return at < 0 ? { holds: false } : { holds: true, end: at + expected.text.length };
    }
    case 'equals':
      return text.trim() === expected.text.trim() ? { holds: true, end: text.length } : { holds: false };
    case 'matches': {
      const match = expected.pattern.exec(text);
      return match ? { holds: true, end: match.index + match[0].length } : { holds: false };
    }
    case 'near': {
      const match = expected.pattern.exec(text);
      if (!match) return { holds: false };
      const found = match[1] ?? '';
      return isNear(found.trim() === '' ? NaN : Number(found), expected)
        ? { holds: true, end: match.index + match[0].length }
        : { holds: false, found };
    }
  }
}

function isNear(number: number, { value, tolerance }: { readonly value: number; readonly tolerance: number }): boolean {
  // 25.09 is within 0.01 of 25.08, though their difference as binary fractions is a little more.
  return Math.abs(number - value) <= tolerance + Number.EPSILON * Math.max(Math.abs(number), Math.abs(value)) * 4;
}

/** `/Hello/`, `"ok"`, `/temperature ([\d.]+)/ near 25.08 ± 0.01` */
export function describeExpectation(expected: Expectation): string {
  switch (expected.kind) {
    case 'contains':
      return JSON.stringify(expected.text);
    case 'equals':
      return `exactly ${JSON.stringify(expected.text.trim())}`;
    case 'matches':
      return String(expected.pattern);
    case 'near':
      return `${String(expected.pattern)} near ${expected.value} ± ${expected.tolerance}`;
  }
}
