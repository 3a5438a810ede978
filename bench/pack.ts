import { type Benchmark, row } from './benchmark.ts';
import { sample, secondsOf, summarise } from './measure.ts';
import { syntheticRoot } from './synthetic.ts';
import { build, forgetDerived, forgetImports, minimal, run, withServices } from './systems.ts';

/** A first build, with the images at hand: how long, and with how much memory, also where the images have to be made. */
export const pack: Benchmark = {
  name: 'pack',
  async run({ runs, folder }) {
    const systemOf = async (megabytes: number): Promise<string> =>
      withServices(await minimal('containerd'), { large: await syntheticRoot(megabytes) });
    const [usual, large] = [await systemOf(139), await systemOf(1390)];
    await build(folder, 'pack', usual);
    const peaks: number[] = [];
    const seconds = await sample(runs, async () => {
      await forgetDerived();
      return await secondsOf(async () => peaks.push((await build(folder, 'pack', usual)).peakMiB));
    });
    await forgetDerived();
    await forgetImports();
    const imported = await build(folder, 'pack', large);
    const made = await run(folder, ['pkg', 'build', '--pull', 'kernel']);
    return [
      row('first build of containerd and a 139 MB image', seconds, 's', 3.5),
      row('its memory (Node.js)', summarise(peaks), 'MiB', 120, 0),
      row('memory with a 1.4 GB image, imported and packed', summarise([imported.peakMiB]), 'MiB', 120, 0),
      row('memory of making pkg:kernel', summarise([made.peakMiB]), 'MiB', 120, 0),
    ];
  },
};
