import type { Sample } from './measure.ts';

/** A figure and what it has to be. */
export interface Row {
  readonly what: string;
  readonly found: string;
  readonly target: string;
  readonly ok: boolean;
}

export interface BenchContext {
  readonly runs: number;
  /** A folder for this run. */
  readonly folder: string;
  /** Prints something that is no figure. */
  readonly print: (text: string) => void;
}

/** Figures that belong together, under the name by which they are asked for. */
export interface Benchmark {
  readonly name: string;
  readonly run: (context: BenchContext) => Promise<readonly Row[]>;
}

/** A median with its range, compared with the most that it may be. */
export function row(what: string, { median, min, max }: Sample, unit: string, most: number, digits = 2): Row {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits));
  return {
    what,
    found: `${middle} ${unit} (${low}–${high})`,
    target: `≤ ${most.toFixed(digits)} ${unit}`,
    ok: median <= most,
  };
}

/** Rows as a table, columns aligned. */
export function formatRows(rows: readonly Row[]): readonly string[] {
  const cells = rows.map(({ what, found, target, ok }) => [what, found, target, ok ? 'ok' : 'MISSED']);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
