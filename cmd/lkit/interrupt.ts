/**
 * Runs work that Ctrl-C (or a plain `kill`) ends in order: its signal is aborted, what it has begun is cleaned up, and
 * the rejection that follows is lkit's exit code 130. A second Ctrl-C ends the process at once.
 */
export async function abortOnInterrupt<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const ignore = (): void => {
    for (const signal of signals) process.off(signal, abort);
  };
  // Not `once`: execa, too, listens while a program runs, and ends the process when nobody else is left that listens.
  const abort = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      ignore();
      process.kill(process.pid, signal);
    }
    controller.abort();
  };
  for (const signal of signals) process.on(signal, abort);
  try {
    return await work(controller.signal);
  } finally {
    ignore();
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const;
