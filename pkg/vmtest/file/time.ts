import { durationMs } from '../../spec/index.ts';

/** The longest that a timer of Node.js can wait: 24 days. */
const longestMs = 2 ** 31 - 1;

/** A duration in milliseconds, as long as a timer can be. */
export function timeMs(text: string): number {
  return Math.min(durationMs(text), longestMs);
}
