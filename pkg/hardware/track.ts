import type { Quantity } from './model.ts';
import type { Random } from './random.ts';

/** A change of one quantity, times in milliseconds from the scenario's beginning. */
export interface Change {
  readonly kind: 'set' | 'ramp' | 'noise';
  readonly atMs: number;
  readonly overMs: number;
  /** For noise the largest deviation. */
  readonly value: number;
}

/** One quantity's course: what it is at any time. */
export type Track = (timeMs: number) => number;

/** The times at which something changes: ramps and noise go in steps of `everyMs`, and stop exactly at their end. */
export function instants(changes: readonly Change[], everyMs: number): readonly number[] {
  const times = changes.flatMap(({ kind, atMs, overMs }) => {
    if (kind === 'set') return [atMs];
    const steps = Math.ceil(overMs / everyMs);
    return Array.from({ length: steps + 1 }, (_, step) => atMs + Math.min(step * everyMs, overMs));
  });
  return [...new Set(times)].sort((a, b) => a - b);
}

/**
 * The course of a quantity: sets and ramps follow each other, a later one beginning where the earlier one is by then;
 * noise comes on top. It never leaves the quantity's range. Noise is drawn at each call, so calls go forward in time.
 */
export function track(initial: number, changes: readonly Change[], quantity: Quantity, random: Random): Track {
  const ordered = [...changes].sort((a, b) => a.atMs - b.atMs);
  const noises = ordered.filter(({ kind }) => kind === 'noise');
  let base: Track = () => initial;
  for (const { kind, atMs, overMs, value } of ordered) {
    const before = base;
    if (kind === 'set') base = (time) => (time < atMs ? before(time) : value);
    if (kind === 'ramp') {
      const from = before(atMs);
      base = (time) => {
        if (time < atMs) return before(time);
        return time >= atMs + overMs ? value : from + ((value - from) * (time - atMs)) / overMs;
      };
    }
  }
  return (time) => {
    const active = noises.filter(({ atMs, overMs }) => time >= atMs && time < atMs + overMs);
    const noise = active.reduce((sum, { value }) => sum + value * (2 * random() - 1), 0);
    return Math.min(Math.max(base(time) + noise, quantity.minimum), quantity.maximum);
  };
}
