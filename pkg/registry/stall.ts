/** A server has been silent, or as good as silent, for too long. */
export class StallError extends Error {}

/** Fewer bytes than this in the time of a stall are as good as none. */
const minimumBytes = 1024;

/**
 * Passes on what arrives, and ends with a `StallError` when in `stallMs` milliseconds next to nothing does. Time that
 * the reader takes does not count.
 */
export async function* watched(
  body: AsyncIterable<Buffer> & { destroy(error: Error): unknown },
  stallMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const iterator = body[Symbol.asyncIterator]();
  let left = stallMs;
  let bytes = 0;
  try {
    for (;;) {
      const since = performance.now();
      const timer = setTimeout(() => body.destroy(stalled(stallMs)), left);
      const next = await iterator.next().finally(() => {
        clearTimeout(timer);
      });
      if (next.done === true) return;
      left = Math.max(1, left - (performance.now() - since));
      bytes += next.value.length;
      if (bytes >= minimumBytes) {
        left = stallMs;
        bytes = 0;
      }
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Aborts its signal when `touch` is not called for `stallMs` milliseconds. */
export class Watchdog {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(stallMs: number) {
    this.#timer = this.#start(stallMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    this.#timer?.refresh();
  }

  /** From now on, waits for so long; not once it was stopped. */
  waitFor(stallMs: number): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = this.#start(stallMs);
  }

  #start(stallMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#controller.abort(stalled(stallMs));
    }, stallMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function stalled(stallMs: number): StallError {
  return new StallError(`nothing came for ${stallMs / 1000} s`);
}
