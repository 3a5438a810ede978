import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Benchmark, type Row, row } from './benchmark.ts';
import { sample, secondsOf, summarise } from './measure.ts';
import { syntheticRoot } from './synthetic.ts';
import { build, minimal, withServices } from './systems.ts';

const execute = promisify(execFile);

const startSeconds = 0.25;
const timesCat = 3;
const mostSeconds = 0.6;

/** Builds of what was built before, compared with `cat` writing the same bytes. */
export const rebuild: Benchmark = {
  name: 'rebuild',
  async run({ runs, folder }) {
    const base = await minimal('containerd');
    const roots: Record<string, string> = { large: await syntheticRoot(139) };
    for (const megabytes of [2, 3, 4, 5]) roots[`service-${megabytes}`] = await syntheticRoot(megabytes);
    const usual = withServices(base, roots);
    const note = path.join(folder, 'note');
    const withFile = `${usual}files:\n  - {path: etc/note, source: ${note}}\n`;
    await writeFile(note, '0');
    for (const yaml of [usual, withFile]) await build(folder, 'rebuild', yaml);

    const again = (yaml: string) => () => secondsOf(() => build(folder, 'rebuild', yaml));
    const unchanged = await sample(runs, again(usual));
    const cat = await sample(runs, () => catSeconds(folder, 'rebuild'));
    const limit = Math.min(mostSeconds, timesCat * cat.median + startSeconds);
    let version = 0;
    const oneFile = await sample(runs, async () => {
      await writeFile(note, String(++version));
      return await again(withFile)();
    });

    await build(folder, 'ten', withServices(base, { large: await syntheticRoot(1390) }));
    const ten = await sample(runs, () =>
      secondsOf(async () => build(folder, 'ten', withServices(base, { large: await syntheticRoot(1390) }))),
    );
    const tenCat = await sample(runs, () => catSeconds(folder, 'ten'));
    return [
      row('cat, the same initrd', cat, 's', mostSeconds),
      row('unchanged build', unchanged, 's', limit),
      row('one file of `files:` changed', oneFile, 's', limit),
      row('unchanged build, service image ten times as large', ten, 's', timesCat * tenCat.median + startSeconds),
      await replacement(folder, usual),
    ];
  },
};

/** `cat` of the initrd to a new file. */
async function catSeconds(folder: string, name: string): Promise<number> {
  await execute('rm', ['-f', 'copy'], { cwd: folder });
  return await secondsOf(() => execute('sh', ['-c', `cat ${name}-initrd.img >copy`], { cwd: folder }));
}

/** How many other images are packed again when one of five is replaced. */
async function replacement(folder: string, usual: string): Promise<Row> {
  const replaced = usual.replace(await syntheticRoot(2), await syntheticRoot(6));
  await build(folder, 'replaced', usual);
  const { stderr } = await build(folder, 'replaced', replaced);
  const packed = [...stderr.matchAll(/^ +pack (.*): (?!cached)/gm)].map(([, name]) => name ?? '');
  const others = packed.filter((name) => name !== 'service-2').length;
  return row('images packed besides the one of five replaced', summarise([others]), 'images', 0, 0);
}
