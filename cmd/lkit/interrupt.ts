/**
 * Runs work that Ctrl-C (or a plain `kill`) ends in order: its signal is aborted, what it has begun is cleaned up, and
 * the rejection that follows is lkit's exit code 130. A second Ctrl-C ends the process at once.
 */
export async function abortOnInterrupt<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
