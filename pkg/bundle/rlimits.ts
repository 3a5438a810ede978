import { nearest } from '../errors/index.ts';
import { knownLimits } from '../spec/index.ts';
import { bundleError, type Subject } from './error.ts';
import type { OciRlimit } from './oci.ts';

const unlimited = 2n ** 64n - 1n;

/**
 * Resource limits from `name,soft,hard` (getrlimit.2). The runtimes refuse a second limit of the same name.
 *
 * @throws {BundleError} `invalid-rlimit`
 */
export function makeRlimits(subject: Subject, texts: readonly string[]): readonly OciRlimit[] {
  const limits = texts.map((text) => rlimit(subject, text));
  for (const [index, { type }] of limits.entries()) {
    if (limits.findIndex((other) => other.type === type) < index) throw invalid(subject, `${type} is set twice`);
  }
  return limits;
}

function rlimit(subject: Subject, text: string): OciRlimit {
  const [name = '', soft, hard, ...rest] = text.split(',').map((part) => part.trim());
  if (soft === undefined || hard === undefined || rest.length > 0) {
    throw invalid(subject, `cannot read "${text}"`, 'Write name,soft,hard, such as "nofile,1024,unlimited".');
  }
  const short = name.toLowerCase().replace(/^rlimit_/, '');
  if (!knownLimits.includes(short)) {
    const near = nearest(short, knownLimits).map((each) => `"${each}"`);
    const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Known: ${knownLimits.join(', ')}.`;
    throw invalid(subject, `unknown limit "${name}"`, hint);
  }
  const limit = {
    type: `RLIMIT_${short.toUpperCase()}`,
    soft: amount(subject, text, soft),
    hard: amount(subject, text, hard),
  };
  if (limit.soft > limit.hard) throw invalid(subject, `the soft limit of "${text}" is above the hard one`);
  return limit;
}

function amount(subject: Subject, text: string, written: string): bigint {
  if (written.toLowerCase() === 'unlimited') return unlimited;
  const value = /^\d+$/.test(written) ? BigInt(written) : undefined;
  if (value !== undefined && value <= unlimited) return value;
  throw invalid(subject, `"${written}" in "${text}" is not a limit`, 'Write a whole number or "unlimited".');
}

function invalid(subject: Subject, problem: string, hint?: string): Error {
  return bundleError(subject, 'invalid-rlimit', 'rlimits', problem, hint);
}
