import { parsePattern } from '../../spec/index.ts';
import type { Expectation } from '../types.ts';
import type { WrittenExpectation } from './written.ts';

/** How many groups of a pattern capture something. */
export function groupsOf(pattern: RegExp): number {
  return (new RegExp(`${pattern.source}|`, pattern.flags).exec('')?.length ?? 1) - 1;
}

/** An expectation that has been checked. */
export function toExpectation(written: WrittenExpectation): Expectation {
  if (typeof written === 'string') return textOrPattern(written);
  const { match, equals, near, within = 0 } = written;
  if (match === undefined) return { kind: 'equals', text: equals ?? '' };
  const expected = textOrPattern(match);
  if (near === undefined || expected.kind !== 'matches') return expected;
  return { kind: 'near', pattern: expected.pattern, value: near, tolerance: within };
}

function textOrPattern(text: string): Extract<Expectation, { readonly kind: 'contains' | 'matches' }> {
  const pattern = parsePattern(text);
  return pattern === undefined ? { kind: 'contains', text } : { kind: 'matches', pattern };
}
