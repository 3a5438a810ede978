import type { Writable } from 'node:stream';

/**
 * Writes everything to a stream, at its pace. A piece is out before the next one is asked for, so pieces may be lent
 * (see `lendHostFile`).
 *
 * @returns false where the stream was closed early: whoever closed it knows why
 * @throws what the input throws
 */
export async function feed(input: AsyncIterable<Buffer>, to: Writable): Promise<boolean> {
  to.on('error', () => undefined);
  for await (const piece of input) if (!(await takes(to, piece))) return false;
  to.end();
  return true;
}

function takes(to: Writable, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    // A stream that fails in the middle of a piece does not call back.
    const closed = (): void => {
      resolve(false);
    };
    to.once('close', closed);
    to.write(piece, (error) => {
      to.off('close', closed);
      resolve(!error);
    });
  });
}
