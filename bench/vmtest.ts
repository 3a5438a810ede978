import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { main, root } from '../test/support/lkit.ts';
import { type Benchmark, row } from './benchmark.ts';
import { type Sample, sample, secondsOf, summarise } from './measure.ts';
import { env } from './systems.ts';

const execute = promisify(execFile);

const file = path.join(root, 'examples/bmp280/bmp280.test.yml');
const mostSeconds = 8;
const many = 20;
const mostSecondsOfMany = 70;
const processors = 2;

/**
 * `lkit test` of `examples/bmp280`, built before: its one test, and twenty of the same. The time of processors says more
 * than the other where the machine does something else as well.
 */
export const vmtest: Benchmark = {
  name: 'vmtest',
  async run({ runs, folder }) {
    await execute('make', ['-C', path.dirname(file)]);
    const repeated = path.join(folder, 'many.test.yml');
    const text = await readFile(file, 'utf8');
    const numbers = Array.from({ length: many }, (_, index) => index);
    const matrix = `matrix: {variables: {run: [${numbers.join(', ')}]}}\n`;
    await writeFile(repeated, text.replace('image: ', `image: ${path.dirname(file)}/`) + matrix);
    await test(folder, file);
    const one = await timed(runs, () => test(folder, file));
    const all = await timed(1, () => test(folder, repeated));
    return [
      row('lkit test of examples/bmp280, built', one.wall, 's', mostSeconds),
      row('its time of processors', one.processors, 's', processors * mostSeconds),
      row(`${many} such tests`, all.wall, 's', mostSecondsOfMany),
      row('their time of processors', all.processors, 's', processors * mostSecondsOfMany),
    ];
  },
};

/** @param work gives back the seconds that processors spent on it */
async function timed(
  runs: number,
  work: () => Promise<number>,
): Promise<{ readonly wall: Sample; readonly processors: Sample }> {
  const seconds: number[] = [];
  const wall = await sample(runs, () => secondsOf(async () => seconds.push(await work())));
  return { wall, processors: summarise(seconds) };
}

/** Runs `lkit test`, which must pass. @returns the seconds that processors spent on it and its machines */
async function test(cwd: string, tests: string): Promise<number> {
  // POSIX' `times`: on its second line what children took that have ended, and theirs: `0m6.10s 0m0.52s`.
  const script = '"$@" >&2 && times';
  const { stdout } = await execute('sh', ['-c', script, 'sh', process.execPath, main, 'test', tests], {
    cwd,
    env: { ...process.env, ...env, LKIT_ACCEL: 'tcg' },
  });
  const spent = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return spent.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
