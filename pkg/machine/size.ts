import { badInput } from './error.ts';

const unitMiB: Readonly<Record<string, number>> = { M: 1, G: 1024, T: 1024 * 1024 };
const largestMiB = 64 * 1024 * 1024;

/**
 * A size in MiB: `512`, `2G`, `2048M`, `1.5G`. A bare number counts in `bareUnit`.
 *
 * @throws {MachineError} `bad-size` for anything else, zero included
 */
export function parseSize(text: string, bareUnit: 'M' | 'G', what: string): number {
  const match = /^(\d+(?:\.\d+)?) *([MGT]?)(?:i?B)?$/i.exec(text.trim());
  const factor = unitMiB[match?.[2]?.toUpperCase() || bareUnit] ?? 1;
  const sizeMiB = Number(match?.[1]) * factor;
  if (match && sizeMiB > 0 && sizeMiB <= largestMiB && Number.isInteger(sizeMiB)) return sizeMiB;
  const bare = bareUnit === 'M' ? 'MiB' : 'GiB';
  throw badInput(
    'bad-size',
    `"${text}" is not a size for ${what}`,
    `Examples: 512M, 2048M, 2G; a bare number counts ${bare}.`,
  );
}

/** @throws {MachineError} `bad-cpus` */
export function parseCpus(text: string): number {
  const cpus = Number(text);
  if (/^\d+$/.test(text) && cpus >= 1 && cpus <= 255) return cpus;
  throw badInput('bad-cpus', `"${text}" is not a number of processors`, 'Examples: 1, 4; at most 255.');
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** The longest that a timer of Node.js can wait: 24 days. */
const longestMs = 2 ** 31 - 1;

/**
 * A time in milliseconds: `90`, `90s`, `5m`, `500ms`, `1h`. A bare number counts seconds.
 *
 * @throws {MachineError} `bad-time`
 */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?) *(ms|s|m|h)?$/.exec(text.trim());
  const timeMs = Math.round(Number(match?.[1]) * (unitMs[match?.[2] ?? 's'] ?? 1));
  if (match && timeMs > 0 && timeMs <= longestMs) return timeMs;
  throw badInput('bad-time', `"${text}" is not a time`, 'Examples: 90 (seconds), 90s, 5m, 1h.');
}
