import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

/** Changes whenever other bytes may come out for the same content. Belongs to the key of whatever caches the result. */
export const gzipVersion = process.versions.zlib;

const deflate = promisify(deflateRaw);

const blockBytes = 1 << 20;
const windowBytes = 32 << 10;
/** One for each thread that Node.js has for this, and one that waits for the first free one. */
const inFlight = 5;
/** Many small pieces of output leave holes in memory. */
const outputBytes = 64 << 10;

/**
 * Compresses into one gzip member on all cores, as pigz does: each block is deflated by itself, with the 32 KiB
 * before it as dictionary, up to a byte boundary, so that the pieces can be put one after another. The bytes do not
 * depend on how many cores there are.
 */
export async function* gzip(source: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Buffer> {
  // RFC 1952: magic, deflate, no flags, no time, no extra flags, operating system unknown.
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  // All blocks are views of one buffer; each keeps its place until it and the one after it are compressed.
  const blocks = Buffer.allocUnsafeSlow((inFlight + 1) * blockBytes);
  const pending: Promise<Buffer>[] = [];
  let checksum = 0;
  let size = 0;
  let dictionary: Buffer | undefined;
  for await (const block of blocksOf(source, blocks)) {
    checksum = crc32(block, checksum);
    size += block.length;
    const options = { level, chunkSize: outputBytes, finishFlush: constants.Z_SYNC_FLUSH };
    pending.push(deflate(block, { ...options, ...(dictionary && { dictionary }) }));
    dictionary = block.subarray(-windowBytes);
    if (pending.length >= inFlight) yield await (pending.shift() ?? Buffer.alloc(0));
  }
  yield* pending;
  yield deflateRawEnd;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

/** The last block of a deflate stream, empty (RFC 1951, 3.2.6: final bit, fixed codes, end of block). */
const deflateRawEnd = Buffer.from([0x03, 0x00]);

/** The same bytes in blocks, which stand one after another in `room` and are overwritten when it has come to its end. */
async function* blocksOf(source: AsyncIterable<Uint8Array>, room: Buffer): AsyncGenerator<Buffer> {
  let start = 0;
  let used = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + blockBytes - used);
      room.set(part, start + used);
      used += part.length;
      at += part.length;
      if (used < blockBytes) continue;
      yield room.subarray(start, start + blockBytes);
      start = (start + blockBytes) % room.length;
      used = 0;
    }
  }
  if (used > 0) yield room.subarray(start, start + used);
}
