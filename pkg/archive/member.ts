import type { BytePath, Entry } from './entry.ts';
import { ArchiveError } from './error.ts';

/** An entry with its bytes. Content is streamed once; where it is not wanted it need not be read. */
export interface Member {
  readonly entry: Entry;
  /** Exactly `entry.size` bytes, in pieces of any size. */
  readonly content: AsyncIterable<Buffer>;
}

/** The content of everything that is not a file. */
export const noContent: AsyncIterable<Buffer> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** Content that is at hand. */
export async function* contentOf(...pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) if (piece.length > 0) yield await Promise.resolve(piece);
}

/** Passes content through; a length other than announced is an error, because the header is already written. */
export async function* exactly(size: number, content: AsyncIterable<Buffer>, path: BytePath): AsyncGenerator<Buffer> {
  let left = size;
  for await (const chunk of content) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left === 0) return;
  const found = left < 0 ? 'more' : `${size - left}`;
  throw new ArchiveError('size-mismatch', `its content should have ${size} bytes, but has ${found}`, { entry: path });
}
