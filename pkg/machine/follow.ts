import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Often enough for somebody who types at what is followed. */
const checkMs = 25;
const longestPiece = 64 * 1024;

export interface FollowOptions {
  /** Aborted when no more will be written: then it is read to its end, and that is all. */
  readonly ended: AbortSignal;
  /** How much of what was written before is wanted. @default all */
  readonly lastBytes?: number;
}

/** What a growing file holds, and what is added to it. One that starts again at its beginning is followed there. */
export async function* followFile(file: string, { ended, lastBytes }: FollowOptions): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    let position = lastBytes === undefined ? 0 : Math.max(0, size - lastBytes);
    for (;;) {
      // Before the file is read: what was written last must not be missed.
      const isLast = ended.aborted;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(longestPiece), 0, longestPiece, position);
      position += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (isLast) return;
      else if ((await handle.stat()).size < position) position = 0;
      else await sleep(checkMs);
    }
  } finally {
    await handle.close();
  }
}
