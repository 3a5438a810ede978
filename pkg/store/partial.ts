import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { type Digest, isDigest } from '../image/index.ts';
import type { StoreFolders } from './folders.ts';
import { livenessOf } from './process.ts';
import { temporaryPath } from './temporary.ts';

/** Less is soon fetched again. Bytes. */
const minKeptBytes = 1 << 20;

/** What nobody has gone on with for so long is given up. */
const maxAgeMs = 24 * 60 * 60 * 1000;

/**
 * Beginnings of blobs whose download broke off: `partial/HEX`. Whoever goes on with one moves it into the folder for
 * unfinished work first, under a name that ends with the same HEX, and so has it alone.
 */
export async function takePartial({ partials, temporaries }: StoreFolders, digest: Digest): Promise<string> {
  const file = temporaryPath(temporaries, `.${hexOf(digest)}`);
  await salvagePartials({ partials, temporaries });
  await rename(path.join(partials, hexOf(digest)), file).catch(unlessGone);
  return file;
}

/** Keeps what was taken for the next one, or removes it where that is not worth while. */
export async function keepPartial({ partials }: Pick<StoreFolders, 'partials'>, file: string): Promise<void> {
  try {
    const { size } = await stat(file);
    const kept = path.join(partials, path.extname(file).slice(1));
    const before = await stat(kept).catch(() => ({ size: minKeptBytes - 1 }));
    if (size > before.size) {
      await mkdir(partials, { recursive: true });
      await rename(file, kept);
    }
  } catch (error) {
    unlessGone(error);
  } finally {
    await rm(file, { force: true });
  }
}

/** Keeps what processes that died were downloading. */
export async function salvagePartials({
  partials,
  temporaries,
}: Pick<StoreFolders, 'partials' | 'temporaries'>): Promise<void> {
  for (const name of await readdir(temporaries)) {
    const isPartial = isDigest(`sha256:${path.extname(name).slice(1)}`);
    // A process of another machine may still write to its file.
    const isLeft = isPartial && livenessOf(name.split('.').slice(0, 3).join('.')) === 'dead';
    if (isLeft) await keepPartial({ partials }, path.join(temporaries, name));
  }
}

/** Removes what was kept for too long, or before a moment: in milliseconds since 1970. @returns bytes */
export async function removePartials(
  { partials }: StoreFolders,
  before: number,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(partials).catch(() => [])) {
    const file = path.join(partials, name);
    const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: Infinity, size: 0 }));
    if (mtimeMs >= before) continue;
    bytes += size;
    if (!dryRun) await rm(file, { force: true });
  }
  return bytes;
}

/** The moment before which what was kept is given up. */
export function partialsSince(now: number): number {
  return now - maxAgeMs;
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

function unlessGone(error: unknown): void {
  if (!isErrno(error, 'ENOENT')) throw error;
}
