import type { Writable } from 'node:stream';

/** Writes pieces to a stream, each when the one before is written: what is not read yet is not held in memory. */
export function writeTo(stream: Writable): (piece: Buffer) => Promise<void> {
  return (piece) =>
    new Promise((resolve, reject) => {
      stream.write(piece, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
}
