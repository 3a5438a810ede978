import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export interface Sample {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Seconds that `work` takes, over several runs. What it returns is ignored. */
export async function measure(runs: number, work: () => Promise<unknown>): Promise<Sample> {
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return summarise(seconds);
}

export function summarise(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** One line of the report: `unchanged build   0.31 s (0.30–0.34, target ≤ 0.6 s): ok`. */
export function report(name: string, sample: Sample, target: number): boolean {
  const ok = sample.median <= target;
  const [median, min, max] = [sample.median, sample.min, sample.max].map((value) => value.toFixed(2));
  console.log(`${name.padEnd(48)} ${median} s (${min}–${max}, target ≤ ${target} s): ${ok ? 'ok' : 'MISSED'}`);
  return ok;
}

/** The machine that the figures belong to. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const qemu = execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  return `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}, ${qemu}`;
}
