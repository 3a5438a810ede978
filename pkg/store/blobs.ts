import { createHash, type Hash } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { lendHostFile } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import { type Descriptor, type Digest, isDigest, sha256 } from '../image/index.ts';
import { onDisk, StoreError } from './error.ts';
import type { StoreFolders } from './folders.ts';
import { keepPartial, takePartial } from './partial.ts';
import { moveIntoPlace, temporaryPath } from './temporary.ts';
import type { Uses } from './use.ts';

/** Bytes as they come. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What a blob must turn out to be. */
export interface Expected {
  readonly digest?: Digest;
  /** Bytes. */
  readonly size?: number;
}

export interface WrittenBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Content-addressed files: `blobs/sha256/HEX` of an OCI image layout (image-spec, image-layout.md). */
export class Blobs {
  readonly #folders: StoreFolders;
  readonly #uses: Uses;

  constructor(folders: StoreFolders, uses: Uses) {
    this.#folders = folders;
    this.#uses = uses;
  }

  /** Where the blob is, or would be. */
  path(digest: Digest): string {
    // Digests come from manifests, that is from strangers, and become file names here.
    if (!isDigest(digest)) throw new StoreError('corrupt', 'the name of a blob is no sha256 digest');
    return path.join(this.#folders.blobs, digest.slice('sha256:'.length));
  }

  /**
   * Whether the blob is there, with the size that its descriptor says where one is given. It is then counted as used,
   * and stays.
   */
  async has(blob: Digest | (Expected & { readonly digest: Digest })): Promise<boolean> {
    const { digest, size } = typeof blob === 'string' ? { digest: blob, size: undefined } : blob;
    try {
      const stats = await stat(this.path(digest));
      return (size === undefined || stats.size === size) && (await this.#uses.mark(this.path(digest)));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** The whole content, verified. For manifests and configurations, which are small. */
  async read(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<Buffer> {
    await this.#uses.mark(this.path(blob.digest));
    const bytes = await readFile(this.path(blob.digest)).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
      throw new StoreError('missing-blob', `the store has no blob ${blob.digest}`, { cause: error });
    });
    check(blob, { digest: sha256(bytes), size: bytes.length });
    return bytes;
  }

  /** Whether the blob is there and still what its name says: reads all of it. */
  async isIntact(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return (await this.has(blob)) && (await digestOf(this.path(blob.digest))).digest === blob.digest;
  }

  /** Streams a blob in; its name appears only once all of it is on disk and found to be what was expected. */
  async write(source: ByteSource, expected: Expected = {}): Promise<WrittenBlob> {
    const temporary = temporaryPath(this.#folders.temporaries);
    return onDisk(this.#folders.store, async () => {
      try {
        const written = await hashInto(temporary, nothing(), source, expected);
        await this.#finish(temporary, written);
        return written;
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  /** @see Store.resumeBlob */
  resume(expected: Required<Expected>, source: (from: number) => ByteSource): Promise<WrittenBlob> {
    return onDisk(this.#folders.store, async () => {
      const file = await takePartial(this.#folders, expected.digest);
      try {
        const written = await this.#goOn(file, expected, source);
        await this.#finish(file, written);
        return written;
      } catch (error) {
        if (error instanceof StoreError || isErrno(error, 'ENOSPC', 'EDQUOT')) await rm(file, { force: true });
        else await keepPartial(this.#folders, file);
        throw error;
      }
    });
  }

  async #goOn(file: string, expected: Required<Expected>, source: (from: number) => ByteSource): Promise<WrittenBlob> {
    const start = await hashFile(file).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return nothing();
      throw error;
    });
    if (start.size > 0 && start.size <= expected.size) {
      try {
        return await hashInto(file, start, source(start.size), expected);
      } catch (error) {
        // Bytes that were kept may be wrong from the beginning, or have changed since.
        if (!(error instanceof StoreError)) throw error;
      }
    }
    return hashInto(file, nothing(), source(0), expected);
  }

  async #finish(temporary: string, { digest }: WrittenBlob): Promise<void> {
    // Also over a blob that is there: this one is known to be good.
    await moveIntoPlace(temporary, this.path(digest));
    await this.#uses.settle();
  }
}

/** The beginning of a blob. */
interface Start {
  readonly hash: Hash;
  /** Bytes. */
  readonly size: number;
}

function nothing(): Start {
  return { hash: createHash('sha256'), size: 0 };
}

/** Reads a file for its digest. */
export async function digestOf(file: string, see: (bytes: number) => void = () => undefined): Promise<WrittenBlob> {
  const { hash, size } = await hashFile(file, see);
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function hashFile(file: string, see: (bytes: number) => void = () => undefined): Promise<Start> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of lendHostFile(file)) {
    hash.update(chunk);
    size += chunk.length;
    see(chunk.length);
  }
  return { hash, size };
}

/** Writes what comes behind the start, which the file has already. */
async function hashInto(file: string, start: Start, source: ByteSource, expected: Expected): Promise<WrittenBlob> {
  const { hash } = start;
  let { size } = start;
  const handle = await open(file, size === 0 ? 'w' : 'a', 0o644);
  try {
    for await (const chunk of source) {
      size += chunk.length;
      // A sender that does not stop must not fill the disk first.
      if (expected.size !== undefined && size > expected.size) throw tooLong(expected.size);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  const written = { digest: `sha256:${hash.digest('hex')}`, size } as const;
  check(expected, written);
  return written;
}

function tooLong(limit: number): StoreError {
  return new StoreError('size-mismatch', `got more than the ${limit} bytes that were announced`);
}

function check(expected: Expected, actual: WrittenBlob): void {
  if (expected.size !== undefined && expected.size !== actual.size) {
    const sizes = `expected ${expected.size} bytes, got ${actual.size}`;
    throw new StoreError('size-mismatch', `wrong size of ${expected.digest ?? actual.digest}: ${sizes}`);
  }
  if (expected.digest !== undefined && expected.digest !== actual.digest) {
    throw new StoreError('digest-mismatch', `wrong content: expected ${expected.digest}, got ${actual.digest}`);
  }
}
