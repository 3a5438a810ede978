import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Finished, lkit, root } from '../test/support/lkit.ts';

/** A store of the benchmarks' own: some of them empty parts of it. */
export const cache = path.join(tmpdir(), 'lkit-bench/cache');
export const env = { LKIT_CACHE: cache };

export const runtimes = ['containerd', 'crun'] as const;
export type Runtime = (typeof runtimes)[number];

/** `examples/minimal.yml`, with the output of containers on the console; with crun alone, or containerd and runc. */
export async function minimal(runtime: Runtime): Promise<string> {
  const text = await readFile(path.join(root, 'examples/minimal.yml'), 'utf8');
  const yaml = text.replace('cmdline: ', 'cmdline: lkit.console_logs=1 ');
  return runtime === 'containerd' ? yaml : yaml.replace(/^ {2}- pkg:runc\n {2}- pkg:containerd\n/m, '  - pkg:crun\n');
}

/** A system with services of root file systems (tar files) beside those that it has. */
export function withServices(yaml: string, roots: Readonly<Record<string, string>>): string {
  const lines = Object.entries(roots).map(
    ([name, file]) => `  - {name: ${name}, image: "rootfs:${file}", command: [/x]}\n`,
  );
  return yaml.replace('services:\n', `services:\n${lines.join('')}`);
}

/** How a command ended, and the most memory that it had. */
export type Measured = Finished & { readonly peakMiB: number };

/** `lkit build -v`, a process as a user starts it. */
export async function build(folder: string, name: string, yaml: string): Promise<Measured> {
  await writeFile(path.join(folder, `${name}.yml`), yaml);
  return await run(folder, ['-v', 'build', `${name}.yml`]);
}

/** `lkit ARGS` in a folder, a process as a user starts it. */
export async function run(folder: string, args: readonly string[]): Promise<Measured> {
  const probe = path.join(folder, 'probe.cjs');
  // In KiB, whatever the platform (libuv's uv_getrusage).
  await writeFile(probe, "process.on('exit', () => console.error(`peak ${process.resourceUsage().maxRSS}`));\n");
  const finished = await lkit(args, {
    cwd: folder,
    env: { ...env, NODE_OPTIONS: `--require ${probe}` },
  });
  if (finished.exitCode !== 0) throw new Error(finished.stderr);
  return { ...finished, peakMiB: Number(/^peak (\d+)/m.exec(finished.stderr)?.[1]) / 1024 };
}

/** Forgets which files images were made of, so that they are read again. */
export async function forgetImports(): Promise<void> {
  await rm(path.join(cache, 'records/import'), { recursive: true, force: true });
}

/** Forgets what was made from images; the images themselves stay. */
export async function forgetDerived(): Promise<void> {
  const images = ['busybox', 'small-tree', 'small-tree-cpio', 'squashfs', 'stage0'];
  for (const kind of [...images, 'kernel', 'kernel-modules', 'module-index']) {
    await rm(path.join(cache, 'derived', kind), { recursive: true, force: true });
  }
}
