import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Plan } from '../../plan/index.ts';
import { type PendingFile, writeTogether } from '../aside.ts';
import { writeKernelInitrd } from '../kernel-initrd.ts';
import { writeParts } from '../parts.ts';
import { type AssembledFile, changedFiles, rememberWritten } from '../written.ts';
import type { Format } from './catalog.ts';
import { Disks } from './disks.ts';
import { type FormatOptions, Parts } from './parts.ts';
import type { Job, MadeProduct } from './product.ts';
import { writers } from './writers.ts';

export interface WriteOptions extends FormatOptions {
  /** Where the only file of the only format goes, in place of its usual name: an absolute path, or a pipe. */
  readonly output?: string | Writable | undefined;
}

/**
 * Writes a system in all of its formats. Files that several of them have are written once; after a failure none of a
 * format's files is there that was not there before.
 *
 * @returns the paths of the files
 * @throws {OutputError}
 */
export async function writeFormats(plan: Plan, options: WriteOptions): Promise<readonly string[]> {
  const { formats, store } = options;
  const written: string[] = [];
  if (formats.includes('kernel+initrd')) written.push(...(await writeKernelInitrd(plan, options)));
  const others = formats.filter((format) => format !== 'kernel+initrd');
  if (others.length === 0) return written;
  await store.withTemporaryFolder(async (folder) => {
    const parts = new Parts(plan, options, folder);
    const job = { parts, disks: new Disks(parts) };
    for (const format of others) written.push(...(await writeFormat(format, job, options)));
  });
  return [...new Set(written)];
}

async function writeFormat(
  format: Exclude<Format, 'kernel+initrd'>,
  job: Job,
  { output, dir, name, reporter, signal, store }: WriteOptions,
): Promise<readonly string[]> {
  signal?.throwIfAborted();
  const products = await writers[format](job);
  const step = reporter.step(`write ${format}`);
  try {
    if (output === undefined || typeof output === 'string') {
      const targets = products.map(({ suffix }) => output ?? path.join(dir, `${name}${suffix}`));
      const files: PendingFile[] = [];
      const copies: AssembledFile[] = [];
      for (const [index, product] of products.entries()) {
        const target = targets[index] as string;
        if ('copyOf' in product) copies.push({ target, parts: [{ file: product.copyOf }] });
        else files.push({ target, write: (aside) => writeProduct(product, aside, signal) });
      }
      const changed = await changedFiles(store, copies);
      for (const { target, parts } of changed) {
        files.push({ target, write: (aside) => writeParts(parts, aside, signal) });
      }
      await writeTogether(files);
      await rememberWritten(store, changed);
      step.end('done');
      return targets;
    }
    for (const product of products) {
      if ('stream' in product) await pipeline(product.stream, output, { signal, end: false });
    }
    step.end('done');
    return [];
  } catch (error) {
    step.fail();
    throw error;
  }
}

async function writeProduct(product: MadeProduct, aside: string, signal: AbortSignal | undefined): Promise<void> {
  if ('write' in product) await product.write(aside);
  else await pipeline(product.stream, createWriteStream(aside), { signal });
}
