/**
 * Starts a piece of work as soon as one of the places is free, in the order of the calls. What it is given is aborted
 * when the work is no longer wanted.
 */
export type Run = <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;

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
  const waiting: (() => void)[] = [];
  const started = new Set<Promise<unknown>>();
  let free = limit;

  const run: Run = async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      stopped.throwIfAborted();
      const running = work(stopped);
      started.add(running);
      return await running;
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      // The place passes on to whoever has waited longest.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
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
