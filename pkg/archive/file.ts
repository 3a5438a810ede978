import { createReadStream } from 'node:fs';
import { chunkBytes } from './chunks.ts';

/**
 * A host file's bytes. It is opened when they are first asked for: a stream that is opened before anybody listens would
 * end the process when the file turns out to be missing.
 */
export async function* readHostFile(file: string): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(file, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
}
