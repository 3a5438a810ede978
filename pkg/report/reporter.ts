import type { Outcome, Reporter, Step } from './types.ts';

export interface ReporterOptions {
  readonly stream: NodeJS.WritableStream & { readonly columns?: number };
  /** Draw running steps in place. Only for a terminal. */
  readonly live: boolean;
  /** `quiet` shows warnings alone, `verbose` also what was cached and debug lines. */
  readonly level: 'quiet' | 'normal' | 'verbose';
  /** Milliseconds from any fixed moment. */
  readonly now: () => number;
}

interface RunningStep {
  readonly name: string;
  readonly startedAt: number;
  text: string;
}

const redrawIntervalMs = 100;

/** Plain lines for logs and pipes; on a terminal, running steps are drawn below them and updated in place. */
export function createReporter(options: ReporterOptions): Reporter {
  const { stream, live, level, now } = options;
  const running = new Set<RunningStep>();
  let drawnLines = 0;
  let lastDraw = -Infinity;

  function erase(): void {
    if (drawnLines > 0) stream.write(`\x1b[${drawnLines}A\x1b[J`);
    drawnLines = 0;
  }

  function draw(): void {
    if (!live || level === 'quiet') return;
    erase();
    const width = (stream.columns ?? 80) - 1;
    for (const step of running) {
      const line = `  ${step.name}${step.text === '' ? ' …' : `: ${step.text}`}`;
      stream.write(`${line.slice(0, width)}\n`);
    }
    drawnLines = running.size;
    lastDraw = now();
  }

  function redrawSoon(): void {
    if (now() - lastDraw >= redrawIntervalMs) draw();
  }

  function print(line: string): void {
    erase();
    stream.write(`${line}\n`);
    draw();
  }

  function step(name: string): Step {
    const self: RunningStep = { name, startedAt: now(), text: '' };
    running.add(self);
    draw();
    let first: { readonly at: number; readonly done: number } | undefined;

    /** Since the first byte, as what came before was no transfer. Nothing for the first second, when it would jump. */
    function rateOf(done: number): string {
      // What has to be sent again counts from there.
      if (first === undefined || done < first.done) first = { at: now(), done };
      const seconds = (now() - first.at) / 1000;
      return seconds < 1 ? '' : `, ${formatBytes((done - first.done) / seconds)}/s`;
    }

    return {
      progress(done, total) {
        const amount = total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`;
        self.text = `${amount}${rateOf(done)}`;
        redrawSoon();
      },
      detail(text) {
        self.text = text;
        redrawSoon();
      },
      end(outcome) {
        running.delete(self);
        const line = `  ${name}: ${describe(outcome, now() - self.startedAt)}`;
        if (level === 'verbose' || (level === 'normal' && outcome === 'done')) print(line);
        else draw();
      },
      fail() {
        running.delete(self);
        draw();
      },
    };
  }

  return {
    step,
    info(text) {
      if (level !== 'quiet') print(text);
    },
    warn(text) {
      print(`warning: ${text}`);
    },
    debug(text) {
      if (level === 'verbose') print(text);
    },
  };
}

function describe(outcome: Outcome, elapsedMs: number): string {
  return outcome === 'cached' ? 'cached' : `${(elapsedMs / 1000).toFixed(1)} s`;
}

/** Decimal megabytes, as download tools print them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
