import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { chunkBytes, lentBytes } from './chunks.ts';

/**
 * A host file's bytes. It is opened when they are first asked for: a stream that is opened before anybody listens would
 * end the process when the file turns out to be missing.
 */
export async function* readHostFile(file: string): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(file, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
}

/** Buffers that nobody reads into: as many as files were read at the same time. */
const spareBuffers: Buffer[] = [];

/**
 * As `readHostFile`, but each piece is lent: it is overwritten when the next one is asked for. Reading a gigabyte then
 * leaves nothing to collect as garbage, in one file or in thousands.
 */
export async function* lendHostFile(file: string): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(file);
  const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(lentBytes);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    spareBuffers.push(buffer);
    await handle.close();
  }
}

/** Writes a file of the host anew. Pieces may be lent. */
export async function writeHostFile(file: string, pieces: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for await (const piece of pieces) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
}
