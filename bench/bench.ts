/**
 * The figures that lkit promises, measured on this machine: `npm run bench [RUNS]`.
 * Whole processes, as a user starts them; the machine is emulated (TCG) with two processors.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from '../test/support/guest.ts';
import { lkit, root } from '../test/support/lkit.ts';
import { describeMachine, measure, report } from './measure.ts';

const runs = Number(process.argv[2] ?? 5);
const folder = await mkdtemp(path.join(tmpdir(), 'lkit-bench-'));

async function build(name: string, yaml: string): Promise<void> {
  await writeFile(path.join(folder, `${name}.yml`), yaml);
  const { exitCode, stderr } = await lkit(['build', `${name}.yml`], { cwd: folder });
  if (exitCode !== 0) throw new Error(stderr);
}

/** From the start of `lkit run` to the first line that the hello_world service prints. */
async function bootToFirstLine(name: string): Promise<void> {
  const guest = new Guest(['qemu', '-cpus', '2', '-mem', '1024', name], { cwd: folder });
  try {
    await guest.waitFor(/\[hello_world\] /);
  } finally {
    await guest.kill();
  }
}

/** The same system, with every container's output copied to the console. */
function withConsoleLogs(yaml: string): string {
  return yaml.replace('cmdline: ', 'cmdline: lkit.console_logs=1 ');
}

try {
  const minimal = await readFile(path.join(root, 'examples/minimal.yml'), 'utf8');
  const withCrun = minimal.replace(/^ {2}- pkg:runc\n {2}- pkg:containerd\n/m, '  - pkg:crun\n');
  await build('containerd', withConsoleLogs(minimal));
  await build('crun', withConsoleLogs(withCrun));

  console.log(`${describeMachine()}; ${runs} runs, median (min–max)`);
  const results = [
    report('unchanged lkit build', await measure(runs, () => build('containerd', withConsoleLogs(minimal))), 0.6),
    report('lkit run to first service line, containerd', await measure(runs, () => bootToFirstLine('containerd')), 10),
    report('lkit run to first service line, crun', await measure(runs, () => bootToFirstLine('crun')), 5),
  ];
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
}
