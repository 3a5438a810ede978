import type { Place } from '../spec/index.ts';
import type { Findings } from './findings.ts';
import { type Cells, toCells } from './registers.ts';

/** A dump as a user gives it: a text and the name by which messages call it. */
export interface DumpText {
  readonly file: string;
  readonly text: string;
}

/** `00: ff 12 XX …` by bytes, `00: 1234 XXXX …` by words; what i2cdump prints around it is left out. */
const row = /^([0-9a-f])([08]): ?(.*)$/i;
const layouts = {
  bytes: { digits: 2, count: 16 },
  words: { digits: 4, count: 8 },
} as const;

/**
 * The cells of a device of which i2cdump printed the registers, by bytes (modes b, c, i, s) or by words (mode w), whole
 * or a range of them. Registers that could not be read (`XX`) and those that are not there are 0.
 * Format: i2c-tools, tools/i2cdump.c.
 */
export function parseDump({ file, text }: DumpText, findings: Findings): Cells | undefined {
  const lines = text.split(/\r?\n/);
  const rows = lines.flatMap((line, index) => {
    const match = row.exec(line);
    return match ? [{ line, number: index + 1, start: Number.parseInt(`${match[1] ?? ''}${match[2] ?? ''}`, 16) }] : [];
  });
  const place = (line: number, column: number, length: number): Place => ({
    at: { file, line, column },
    end: { line, column: column + length },
  });
  const [first] = rows;
  if (!first) {
    const message = 'this is not the output of i2cdump: no line begins with "00: "';
    findings.report(place(1, 1, lines[0]?.length ?? 0), {
      code: 'invalid-value',
      message,
      hint: 'Save it with: i2cdump -y BUS ADDRESS > FILE',
    });
    return undefined;
  }
  const layout = rows.some(({ line }) => /^..: ?(?: {5})*(?:[0-9a-f]{4}|XXXX)(?: |$)/i.test(line))
    ? layouts.words
    : layouts.bytes;
  const values = new Map<number, number>();
  for (const { line, number, start } of rows) {
    for (let index = 0; index < layout.count; index++) {
      const column = 4 + index * (layout.digits + 1);
      const cell = line.slice(column, column + layout.digits);
      if (cell.trim() === '' || /^X+$/.test(cell)) continue;
      if (cell.length === layout.digits && /^[0-9a-f]+$/i.test(cell))
        values.set(start + index, Number.parseInt(cell, 16));
      else {
        const message = `"${cell}" is not a register's value of ${layout.digits} hexadecimal digits, nor ${'X'.repeat(layout.digits)}`;
        findings.report(place(number, column + 1, cell.length), { code: 'invalid-value', message });
      }
    }
  }
  if (layout === layouts.bytes) return toCells({ width: 8, values });
  // i2cdump prints words as SMBus has them, and i2c-stub keeps them.
  return Uint16Array.from({ length: 256 }, (_, register) => values.get(register) ?? 0);
}
