const nothing = Buffer.alloc(0);

/** A stream of bytes, taken in runs of any length. What one chunk holds is given out without copying or waiting. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Buffer = nothing;
  #at = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Up to `limit` bytes, if some are at hand. */
  takeSome(limit: number): Buffer | undefined {
    if (this.#at === this.#chunk.length) return undefined;
    const some = this.#chunk.subarray(this.#at, this.#at + limit);
    this.#at += some.length;
    return some;
  }

  /** Waits until `takeSome` has something; false at the end. */
  async fill(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      if (this.#ended) return false;
      const next = await this.#chunks.next();
      this.#at = 0;
      if (next.done === true) {
        this.#ended = true;
        this.#chunk = nothing;
        return false;
      }
      this.#chunk = asBuffer(next.value);
    }
    return true;
  }

  /** As `take`, where one chunk holds all of it. */
  takeNow(length: number): Buffer | undefined {
    return this.#chunk.length - this.#at >= length ? this.takeSome(length) : undefined;
  }

  /** `length` bytes, or as many as there are. */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let left = length;
    while (left > 0 && (await this.fill())) {
      const part = this.takeSome(left) ?? nothing;
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** Skips `length` bytes; tells how many of them were missing. */
  async skip(length: number): Promise<number> {
    let left = length;
    while (left > 0) {
      const part = this.takeSome(left);
      if (part !== undefined) left -= part.length;
      else if (!(await this.fill())) break;
    }
    return left;
  }

  /** Tells the origin that nothing more is wanted. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#chunk = nothing;
    this.#at = 0;
    await this.#chunks.return?.();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
