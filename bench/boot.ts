import { drawSpans, parseSpans } from '../pkg/report/index.ts';
import { Guest } from '../test/support/guest.ts';
import { type BenchContext, type Benchmark, row } from './benchmark.ts';
import { sample } from './measure.ts';
import { build, env, minimal, type Runtime, runtimes } from './systems.ts';

const mostSeconds = { containerd: 8, crun: 3.5 } as const;
const barWidth = 60;

/** From the start of `lkit run` to the first line of a service, and where that time goes. */
export const boot: Benchmark = {
  name: 'boot',
  async run(context) {
    const rows = [];
    for (const runtime of runtimes) {
      await build(context.folder, runtime, await minimal(runtime));
      const what = `lkit run to a service's first line, ${runtime}`;
      rows.push(row(what, await sample(context.runs, () => firstLine(context, runtime)), 's', mostSeconds[runtime]));
      await chart(context, runtime);
    }
    return rows;
  },
};

async function firstLine({ folder }: BenchContext, runtime: Runtime): Promise<number> {
  const start = performance.now();
  const guest = new Guest(['qemu', '-cpus', '2', '-mem', '1024', runtime], { cwd: folder, env });
  try {
    await guest.waitFor(/\[hello_world\] /, 180_000);
    return (performance.now() - start) / 1000;
  } finally {
    await guest.kill();
  }
}

/** One more boot, as the guest itself saw it. What came before the kernel is the rest of the host's time. */
async function chart({ folder, print }: BenchContext, runtime: Runtime): Promise<void> {
  const start = performance.now();
  const guest = new Guest(['qemu', '-cpus', '2', '-mem', '1024', runtime], { cwd: folder, env });
  try {
    await guest.waitFor(/\[hello_world\] /, 180_000);
    const saidAt = (performance.now() - start) / 1000;
    guest.type('\n');
    await guest.waitFor(/:~# /, 180_000);
    await guest.run('until grep -q "service hello_world" /run/lkit/boot-times; do sleep 0.2; done');
    const spans = parseSpans((await guest.run('cat /run/lkit/boot-times')).output);
    const runsAt = spans.find(({ what }) => what === 'service hello_world')?.to ?? saidAt;
    // The service speaks as soon as it runs.
    const before = Math.max(saidAt - runsAt, 0);
    const moved = spans.map(({ from, to, what }) => ({ from: from + before, to: to + before, what }));
    print(`\nOne boot with ${runtime}:`);
    for (const line of drawSpans([{ from: 0, to: before, what: 'lkit, QEMU, firmware' }, ...moved], barWidth))
      print(line);
    print('');
  } finally {
    await guest.kill();
  }
}
