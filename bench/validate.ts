import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { lkit } from '../test/support/lkit.ts';
import { everyKey } from '../test/unit/spec/every-key.ts';
import { type Benchmark, row } from './benchmark.ts';
import { sample, secondsOf } from './measure.ts';

const node = promisify(execFile);

/** Every key but `hardware`: 122 lines, where LinuxKit's longest example has 108. */
const text = everyKey.replace(/^hardware:[^]*/m, '').replace('"i2c:sensors"', '');

/** How long a user waits for `lkit validate`. */
export const validate: Benchmark = {
  name: 'validate',
  async run({ runs, folder }) {
    const file = path.join(folder, 'every-key.yml');
    await writeFile(file, text);
    const bare = await sample(runs, () => secondsOf(() => node(process.execPath, ['-e', '0'])));
    const whole = await sample(runs, () => secondsOf(() => lkit(['validate', file])));
    return [row(`lkit validate, 122 lines (node -e 0: ${bare.median.toFixed(2)} s)`, whole, 's', 0.15)];
  },
};
