import { Guest } from '../test/support/guest.ts';
import { type Benchmark, row } from './benchmark.ts';
import { summarise } from './measure.ts';
import { build, env, minimal, type Runtime, runtimes } from './systems.ts';

const stepMiB = 16;
const mostMiB = { containerd: 192, crun: 96 } as const;

/** The least memory, in steps of 16 MiB, with which `examples/minimal.yml` reaches its service. */
export const guestMemory: Benchmark = {
  name: 'guest-memory',
  async run({ folder }) {
    const rows = [];
    for (const runtime of runtimes) {
      await build(folder, runtime, await minimal(runtime));
      const least = await leastMiB(2 * mostMiB[runtime], (memoryMiB) => starts(folder, runtime, memoryMiB));
      rows.push(row(`least memory of minimal.yml, ${runtime}`, summarise([least]), 'MiB', mostMiB[runtime], 0));
    }
    return rows;
  },
};

/** Bisects between nothing and `enough`, which is taken to be enough. */
async function leastMiB(enough: number, isEnough: (memoryMiB: number) => Promise<boolean>): Promise<number> {
  let [tooLittle, found] = [0, enough / stepMiB];
  while (found - tooLittle > 1) {
    const middle = (tooLittle + found) >> 1;
    if (await isEnough(middle * stepMiB)) found = middle;
    else tooLittle = middle;
  }
  return found * stepMiB;
}

/** A machine with too little panics, or never gets there. */
async function starts(folder: string, runtime: Runtime, memoryMiB: number): Promise<boolean> {
  const guest = new Guest(['qemu', '-cpus', '2', '-mem', String(memoryMiB), runtime], { cwd: folder, env });
  try {
    await guest.waitFor(/\[hello_world\] /, 90_000);
    return true;
  } catch {
    return false;
  } finally {
    await guest.kill();
  }
}
