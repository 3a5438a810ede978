/**
 * Bytes per piece where many small ones are put together: large enough that the cost per piece vanishes, small enough
 * that what waits to be collected as garbage is not much.
 */
export const chunkBytes = 256 << 10;

/** Bytes per piece that is lent: there is but one, so it may be large. */
export const lentBytes = 1 << 20;

/**
 * The same bytes in pieces of about `chunkBytes`, or `lentBytes`. Large pieces pass through uncopied.
 *
 * @param lend give pieces that are overwritten when the next one is asked for
 */
export async function* coalesce(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  lend = false,
): AsyncGenerator<Buffer> {
  const size = lend ? lentBytes : chunkBytes;
  let pending = Buffer.allocUnsafe(size);
  let used = 0;
  for await (const piece of pieces) {
    if (used + piece.length > size && used > 0) {
      yield pending.subarray(0, used);
      if (!lend) pending = Buffer.allocUnsafe(size);
      used = 0;
    }
    if (piece.length >= size / 2 && used === 0) {
      yield piece;
      continue;
    }
    used += piece.copy(pending, used);
  }
  if (used > 0) yield pending.subarray(0, used);
}

// As large as what `coalesce` passes on without copying: a hole of gigabytes allocates nothing.
const zeros = Buffer.alloc(chunkBytes);

/** `length` zero bytes, as views of one buffer. */
export function* zeroBytes(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= zeros.length) yield left < zeros.length ? zeros.subarray(0, left) : zeros;
}

/** How many bytes bring `size` to a multiple of `block`. */
export function paddingTo(block: number, size: number): number {
  return (block - (size % block)) % block;
}
