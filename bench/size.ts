import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Benchmark, row } from './benchmark.ts';
import { summarise } from './measure.ts';
import { build, minimal, runtimes } from './systems.ts';

const mostMB = { containerd: 36, crun: 9 } as const;

/** How large the initrd of `examples/minimal.yml` is. */
export const size: Benchmark = {
  name: 'size',
  async run({ folder }) {
    const rows = [];
    for (const runtime of runtimes) {
      await build(folder, runtime, await minimal(runtime));
      const { size: bytes } = await stat(path.join(folder, `${runtime}-initrd.img`));
      rows.push(row(`initrd of minimal.yml, ${runtime}`, summarise([bytes / 1e6]), 'MB', mostMB[runtime], 1));
    }
    return rows;
  },
};
