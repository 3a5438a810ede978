// Keeps the bytecode of what the commands run that people wait for most often: dist/bin/*.code, for cmd/lkit/start.ts.
// They are run once for that, with a small system of files made here. "npm run compile" calls it.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

const root = path.resolve(import.meta.dirname, '..');
const keep = ['--require', path.join(root, 'scripts/save-code.cjs')];

const folder = await mkdtemp(path.join(tmpdir(), 'lkit-compile-'));
const env = { LKIT_CACHE: path.join(folder, 'cache'), LKIT_ACCEL: 'tcg' };
const lkit = (nodeArgs: readonly string[], ...args: readonly string[]) =>
  execa(process.execPath, [...nodeArgs, path.join(root, 'dist/bin/lkit.js'), ...args], { cwd: folder, env });

try {
  await writeSystem();
  const image = ['--rootfs', 'init', '--platform', 'linux/amd64', '--label', 'org.lkit.init=packed'];
  await lkit([], 'image', 'create', ...image, 'oci:packed:latest');
  // Not kept: while lkit makes something, V8 has other settings, and its bytecode would be refused without them.
  await lkit([], 'build', '--arch', 'amd64', 'system.yml');
  await lkit(keep, 'build', '--arch', 'amd64', 'system.yml');
  // No more than is usual: what mistakes need would be read each time.
  await lkit(keep, 'validate', 'system.yml');
  // Without QEMU, what leads there is what is kept.
  await lkit(keep, 'run', 'qemu', '--arch', 'amd64', '--dry-run', 'system').catch(() => undefined);
} catch (error) {
  // It works without, and what keeps lkit from building is better told to those who build.
  console.warn(`lkit starts more slowly than it could: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await rm(folder, { recursive: true });
}

/** As much of a system as a build asks for, of each kind of image without a network. */
async function writeSystem(): Promise<void> {
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  };
  await write('kernel/kernel', 'none');
  await write('init/bin/busybox', 'none');
  await chmod(path.join(folder, 'init/bin/busybox'), 0o755);
  await write('init/usr/lib/lkit/stage0', '#!/bin/sh\n');
  await write(
    'system.yml',
    `# What most systems have.
kernel:
  image: "rootfs:./kernel"
  cmdline: console=ttyS0 quiet
init:
  - oci:./packed
onboot:
  - name: dhcp
    image: oci:./packed
    command: ["/bin/busybox", 'udhcpc', -q]
    capabilities: [CAP_NET_ADMIN]
    binds: [/run:/run, /etc:/etc]
services:
  - name: shell
    image: oci:./packed
    net: host
    command: [/bin/busybox, sh]
    env: [A=1]
    restart: always
files:
  - path: etc/note
    contents: |
      Some text.
    mode: "0600"
`,
  );
}
