import { exitCodes } from './failure.ts';

/** Milliseconds after which work that does not end is left as it is: a program that lkit waits for may be deaf. */
const patienceMs = 10_000;

/**
 * Runs work that Ctrl-C (or a plain `kill`) ends in order: its signal is aborted, what it has begun is cleaned up, and
 * the rejection that follows is lkit's exit code 130, also where it comes from a program that the same Ctrl-C ended. A
 * second Ctrl-C ends the process at once.
 */
export async function abortOnInterrupt<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const { signal } = controller;
  const giveUp = (): void => {
    process.stderr.write('lkit: interrupted\n');
    process.exit(exitCodes.interrupted);
  };
  let patience: NodeJS.Timeout | undefined;
  // It stays there while the work ends. Libraries that clean up at the end of the process (execa) would take a signal
  // that nobody else waits for to be that end.
  const abort = (): void => {
    if (signal.aborted) giveUp();
    controller.abort();
    patience = setTimeout(giveUp, patienceMs);
  };
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  try {
    return await work(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(patience);
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
