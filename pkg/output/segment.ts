import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { gzip, type Member, writeCpio } from '../archive/index.ts';
import type { SquashContext } from './squash.ts';

const version = 2;

/** gzip's own default. */
export const gzipLevel = 6;

/** A compressed cpio archive in the store. */
export interface Segment {
  readonly file: string;
  readonly size: number;
}

/**
 * A tree as a compressed archive of its own, made once for each set of `inputs`, which must name everything that
 * `members` depends on. The kernel unpacks any number of archives that follow one another.
 */
export async function segment(
  { store, reporter }: SquashContext,
  inputs: Readonly<Record<string, string>>,
  name: string,
  members: () => AsyncIterable<Member>,
): Promise<Segment> {
  const step = reporter.step(`pack ${name}`);
  try {
    const key = { kind: 'cpio-gzip', version, inputs: { ...inputs, level: String(gzipLevel) } };
    const derived = await store.derived(key, (target) =>
      pipeline(gzip(writeCpio(members()), gzipLevel), createWriteStream(target)),
    );
    step.end(derived.cached ? 'cached' : 'done');
    const { size } = await stat(derived.path);
    return { file: derived.path, size };
  } catch (error) {
    step.fail();
    throw error;
  }
}
