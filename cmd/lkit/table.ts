/** Columns side by side, two blanks between them; the last one as long as it is. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

const steps = [
  ['day', 24 * 3600e3],
  ['hour', 3600e3],
  ['minute', 60e3],
] as const;

/** `3 days ago`. */
export function formatAge(ms: number): string {
  for (const [unit, length] of steps) {
    const count = Math.floor(ms / length);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}
