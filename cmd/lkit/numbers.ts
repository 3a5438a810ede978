import { type Command, InvalidArgumentError } from 'commander';
import { didYouMean, LkitError } from '../../pkg/errors/index.ts';
import { defaultLimits, type LimitName, type Limits } from '../../pkg/image/limits.ts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
};

/** `10G`, `500M`, `1.5T`, `8GiB`, `1000`: a number, for Commander. */
export function parseAmount(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?$/i.exec(text.trim()) ?? [];
  const factor = units[unit.toUpperCase()];
  if (digits === '' || factor === undefined) {
    throw new InvalidArgumentError('It should be a number such as 500M, 10G or 8GiB.');
  }
  return Math.floor(Number(digits) * factor);
}

const spans: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 24 * 3600e3, w: 7 * 24 * 3600e3 };

/** `12h`, `7d`, `0s`: milliseconds, for Commander. */
export function parseSpan(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(text.trim()) ?? [];
  const factor = spans[unit];
  if (factor === undefined) throw new InvalidArgumentError('It should be a time such as 30m, 12h or 7d.');
  return Number(digits) * factor;
}

/** The end of the year 9999, in seconds: no later date can be written. */
const lastSecond = 253_402_300_799;

/**
 * `SOURCE_DATE_EPOCH` (reproducible-builds.org): seconds since 1970, or nothing.
 *
 * @throws {LkitError} `bad-variable`
 */
export function parseEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text) && Number(text) <= lastSecond) return Number(text);
  throw new LkitError('bad-variable', `SOURCE_DATE_EPOCH is "${text}", which is no time in seconds since 1970`, {
    kind: 'input',
  });
}

/** Adds a `NAME=NUMBER` to the limits that were given before, for Commander. */
export function addLimit(text: string, before: Partial<Limits> | undefined): Partial<Limits> {
  const [name = '', number = ''] = text.split('=', 2);
  const names = Object.keys(defaultLimits) as LimitName[];
  const limit = names.find((each) => each === name);
  if (limit === undefined) {
    throw new InvalidArgumentError(
      `There is no limit "${name}"${didYouMean(name, names)}. Limits: ${names.join(', ')}.`,
    );
  }
  return { ...before, [limit]: parseAmount(number) };
}

/** For commands that read images. */
export function addLimitFlag(command: Command): Command {
  const names = Object.keys(defaultLimits).join(', ');
  return command.option(
    '--limit <name=number>',
    `raise (or lower) what an image may cost: ${names}; repeatable`,
    addLimit,
  );
}
