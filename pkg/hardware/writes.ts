import type { Cells } from './registers.ts';

/**
 * A write to a device's cell. `high` changes the upper half alone, and so nothing that a program may have written
 * there: the upper half only repeats the next register.
 */
export interface CellWrite {
  readonly kind: 'word' | 'high';
  readonly register: number;
  /** The whole cell. */
  readonly word: number;
}

/** The writes that turn one device's registers into others, the lowest register first. */
export function writesBetween(before: Cells, after: Cells): readonly CellWrite[] {
  return [...after].flatMap((word, register): readonly CellWrite[] => {
    const old = before[register] ?? 0;
    if (old === word) return [];
    return [{ kind: (old & 0xff) === (word & 0xff) ? 'high' : 'word', register, word }];
  });
}
