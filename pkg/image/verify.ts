import { createHash } from 'node:crypto';
import { ImageError } from './error.ts';
import type { Digest } from './types.ts';

/** The digest of bytes that are at hand. */
export function sha256(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export interface Expected {
  readonly digest: Digest;
  /** In bytes; `undefined` where nobody said. */
  readonly size?: number | undefined;
}

/**
 * Passes a stream through while checking it, and ends with an error when it is not what its descriptor announces. More
 * bytes than announced stop it at once, before they are passed on.
 *
 * @param what names the bytes in the error, such as `docker.io/library/alpine layer 2`
 * @throws {ImageError} `size-mismatch`, `digest-mismatch`
 */
export async function* verify(
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
  what: string,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (expected.size !== undefined && size > expected.size) throw sizeMismatch(expected, `more than that`, what);
    hash.update(chunk);
    yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (expected.size !== undefined && size < expected.size) throw sizeMismatch(expected, `${size}`, what);
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== expected.digest) {
    throw new ImageError('digest-mismatch', `${what}: expected ${expected.digest}, but the bytes are ${found}`, {
      hint: 'The bytes were damaged or replaced on their way. Try again, or another source.',
    });
  }
}

/** As `verify`, for bytes that are at hand. */
export function verifyBytes(bytes: Uint8Array, expected: Expected, what: string): void {
  if (expected.size !== undefined && bytes.length !== expected.size) {
    throw sizeMismatch(expected, `${bytes.length}`, what);
  }
  const found = sha256(bytes);
  if (found !== expected.digest) {
    throw new ImageError('digest-mismatch', `${what}: expected ${expected.digest}, but the bytes are ${found}`);
  }
}

function sizeMismatch(expected: Expected, found: string, what: string): ImageError {
  return new ImageError('size-mismatch', `${what}: ${expected.digest} has ${expected.size} bytes, but got ${found}`);
}
