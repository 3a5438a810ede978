import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export interface Sample {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarise(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** What `work` tells of each of several runs. */
export async function sample(runs: number, work: () => Promise<number>): Promise<Sample> {
  const values: number[] = [];
  for (let run = 0; run < runs; run++) values.push(await work());
  return summarise(values);
}

/** Seconds that `work` takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The machine that the figures belong to. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const qemu = execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  return `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}, ${qemu}`;
}
