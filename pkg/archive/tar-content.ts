import type { ByteSource } from './byte-source.ts';
import type { BytePath } from './entry.ts';
import { ArchiveError } from './error.ts';

/** The bytes of one member, straight from the source's chunks. Read once, and only until the next member is asked for. */
export class TarContent implements AsyncIterableIterator<Buffer> {
  readonly #bytes: ByteSource;
  readonly #padding: number;
  readonly #path: BytePath;
  #left: number;
  #over = false;

  constructor(bytes: ByteSource, length: number, padding: number, path: BytePath) {
    this.#bytes = bytes;
    this.#left = length;
    this.#padding = padding;
    this.#path = path;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.#over) throw new Error('the content of a tar entry was read after its turn');
    if (this.#left === 0) return { done: true, value: undefined };
    let value = this.#bytes.takeSome(this.#left);
    if (value === undefined) {
      if (!(await this.#bytes.fill())) throw this.#truncated();
      value = this.#bytes.takeSome(this.#left) ?? Buffer.alloc(0);
    }
    this.#left -= value.length;
    return { done: false, value };
  }

  /** Skips what was not read, and the padding. */
  async end(): Promise<void> {
    this.#over = true;
    if ((await this.#bytes.skip(this.#left + this.#padding)) > 0) throw this.#truncated();
    this.#left = 0;
  }

  #truncated(): ArchiveError {
    return new ArchiveError('truncated', 'the tar archive ends in the middle of it', { entry: this.#path });
  }
}
