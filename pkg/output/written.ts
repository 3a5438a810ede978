import { createHash } from 'node:crypto';
import { type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Store } from '../store/index.ts';
import { bytes, type Part } from './parts.ts';

/** A file of the output, and what it is to be put together from. */
export interface AssembledFile {
  readonly target: string;
  readonly parts: readonly Part[];
}

/** An output file that has to be written. */
export interface ChangedFile extends AssembledFile {
  /** What it will have been made of; `undefined` where that is too much to tell beforehand. */
  readonly origin: string | undefined;
}

/** What the store remembers of a file that was written: what of, and what the file system then said about it. */
interface WrittenRecord {
  readonly origin: string;
  readonly file: string;
}

const kind = 'outputs';

/** Bytes of a file, beside other files, that are worth keeping in memory to compare them. */
const mostBytes = 4 << 20;

/**
 * Those files that are not there yet as they would be written. A file is left alone only where it is the one that a
 * build wrote of the very same parts, and nobody touched it since: its change time cannot be set.
 */
export async function changedFiles(store: Store, files: readonly AssembledFile[]): Promise<readonly ChangedFile[]> {
  const all = await Promise.all(
    files.map(async ({ target, parts }): Promise<readonly ChangedFile[]> => {
      const held = await holdBytes(parts);
      if (held === undefined) return [{ target, parts, origin: undefined }];
      const origin = await originOf(held);
      const [record, stats] = await Promise.all([store.readRecord(kind, idOf(target)), statsOf(target)]);
      const isThere = stats !== undefined && isDeepStrictEqual(record, { origin, file: describe(stats) });
      return isThere ? [] : [{ target, parts: held, origin }];
    }),
  );
  return all.flat();
}

/** Remembers files that have just been written. */
export async function rememberWritten(store: Store, files: readonly ChangedFile[]): Promise<void> {
  for (const { target, origin } of files) {
    const stats = origin === undefined ? undefined : await statsOf(target);
    if (origin === undefined || stats === undefined) continue;
    const record: WrittenRecord = { origin, file: describe(stats) };
    await store.writeRecord(kind, idOf(target), record, { durable: false });
  }
}

/** The parts with what is no file in memory, so that what is compared is what is written. */
async function holdBytes(parts: readonly Part[]): Promise<readonly Part[] | undefined> {
  const held: Part[] = [];
  let size = 0;
  for (const part of parts) {
    if ('file' in part) {
      held.push(part);
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of part.bytes()) {
      size += chunk.length;
      if (size > mostBytes) return undefined;
      chunks.push(Buffer.from(chunk));
    }
    held.push(bytes(Buffer.concat(chunks)));
  }
  return held;
}

/** Tells apart what files are made of. Files of the store are never written to, but may be replaced by sound ones. */
async function originOf(parts: readonly Part[]): Promise<string> {
  const hash = createHash('sha256');
  for (const part of parts) {
    if ('file' in part) {
      const { dev, ino, size, birthtimeNs } = await stat(part.file, { bigint: true });
      hash.update(`\nfile ${[part.file, dev, ino, size, birthtimeNs].join(' ')}\n`);
    } else {
      for await (const chunk of part.bytes()) hash.update(`\nbytes ${chunk.length}\n`).update(chunk);
    }
  }
  return hash.digest('hex');
}

function describe({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

async function statsOf(file: string): Promise<BigIntStats | undefined> {
  const stats = await stat(file, { bigint: true }).catch(() => undefined);
  return stats?.isFile() === true ? stats : undefined;
}

function idOf(target: string): string {
  return createHash('sha256').update(path.resolve(target)).digest('hex').slice(0, 32);
}
