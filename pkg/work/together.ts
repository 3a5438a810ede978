/**
 * Starts a piece of work as soon as one of the places is free: the largest of those that wait, in the order of the calls
 * where they are equal, so that the end need not wait for a large one alone. What it is given is aborted when the work
 * is no longer wanted.
 *
 * @param size in any unit. @default 0
 */
export type Run = <Result>(work: (signal: AbortSignal) => Promise<Result>, size?: number) => Promise<Result>;

interface Waiting {
  readonly size: number;
  readonly start: () => void;
}

/**
 * Runs `body`, which hands out independent pieces of work of which at most `limit` run at a time.
 *
 * The first failure wins: it ends what runs, nothing new is started, and it is thrown once all has come to an end, so
 * that nobody writes any more.
 *
 * @throws the reason of `signal` when it is aborted first
 */
export async function together<Result>(
  limit: number,
  signal: AbortSignal | undefined,
  body: (run: Run) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const waiting: Waiting[] = [];
  const started = new Set<Promise<unknown>>();
  let free = limit;

  const startWaiting = (): void => {
    while (free > 0 && waiting.length > 0) {
      free--;
      takeLargest(waiting)?.start();
    }
  };

  const run: Run = async (work, size = 0) => {
    // Whatever is asked for at the same moment has to be there before the largest is chosen.
    setImmediate(startWaiting);
    await new Promise<void>((start) => waiting.push({ size, start }));
    try {
      stopped.throwIfAborted();
      const running = work(stopped);
      started.add(running);
      return await running;
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      free++;
      startWaiting();
    }
  };

  try {
    return await body(run);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(started);
    throw stopped.reason;
  }
}

/** Of several that are equal, the one that has waited longest. */
function takeLargest(waiting: Waiting[]): Waiting | undefined {
  const largest = Math.max(...waiting.map(({ size }) => size));
  const index = waiting.findIndex(({ size }) => size === largest);
  return index < 0 ? undefined : waiting.splice(index, 1)[0];
}
