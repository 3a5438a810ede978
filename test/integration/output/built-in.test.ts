import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finished, lkit, withTempDir } from '../../support/lkit.ts';

const release = '9.9.0-custom';

/** Builds a system with a kernel that has those parts built in, and no modules. */
async function buildWith(folder: string, builtIn: readonly string[], ...flags: readonly string[]): Promise<Finished> {
  const tree = path.join(folder, 'tree/lib/modules', release);
  await mkdir(tree, { recursive: true });
  await mkdir(path.join(folder, 'kernel'), { recursive: true });
  await writeFile(path.join(folder, 'kernel/kernel'), 'a kernel');
  await writeFile(path.join(tree, 'modules.builtin'), builtIn.map((file) => `kernel/${file}.ko\n`).join(''));
  await writeFile(path.join(tree, 'modules.dep'), '');
  execFileSync('tar', ['-cf', '../kernel/kernel.tar', 'lib'], { cwd: path.join(folder, 'tree') });
  await writeFile(path.join(folder, 'a.yml'), 'kernel: {image: "rootfs:./kernel"}\ninit: [pkg:init, pkg:crun]\n');
  return await lkit(['build', ...flags, 'a.yml'], { cwd: folder });
}

/** The names in stage-0: the part of the initrd that is compressed. */
async function stage0Names(folder: string): Promise<readonly string[]> {
  const initrd = await readFile(path.join(folder, 'a-initrd.img'));
  const stage0 = initrd.subarray(initrd.indexOf(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])));
  // gzip complains about what follows.
  const script = 'gzip -dc 2>/dev/null | cpio -it --quiet';
  return execFileSync('sh', ['-c', script], { input: stage0, encoding: 'utf8' }).split('\n');
}

describe('a kernel without modules', function () {
  this.timeout(120_000);

  it('starts a packed system when it has built in what stage-0 needs', async () => {
    await withTempDir(async (folder) => {
      const builtIn = ['drivers/block/loop', 'fs/squashfs/squashfs', 'fs/overlayfs/overlay', 'fs/ext4/ext4'];
      const { exitCode, stderr } = await buildWith(folder, builtIn);
      assert.equal(exitCode, 0, stderr);
      const names = await stage0Names(folder);
      assert.ok(names.includes('init'), names.join(' '));
      assert.deepEqual(
        names.filter((name) => name.endsWith('.ko')),
        [],
      );
    });
  });

  it('cannot when it lacks one, which is said at build, with a way out that works', async () => {
    await withTempDir(async (folder) => {
      const { exitCode, stderr } = await buildWith(folder, ['drivers/block/loop', 'fs/ext4/ext4']);
      assert.equal(exitCode, 2);
      assert.match(
        stderr,
        /a\.yml:1:17: the kernel \(9\.9\.0-custom\) cannot mount .* it lacks squashfs and overlay\n/,
      );
      assert.match(stderr, /--layout flat/);
      const flat = await buildWith(folder, ['drivers/block/loop', 'fs/ext4/ext4'], '--layout', 'flat');
      assert.equal(flat.exitCode, 0, flat.stderr);
    });
  });

  it('cannot when its image lacks a module that its index lists', async () => {
    await withTempDir(async (folder) => {
      await buildWith(folder, ['drivers/block/loop', 'fs/overlayfs/overlay'], '--dry-run');
      await writeFile(path.join(folder, 'tree/lib/modules', release, 'modules.dep'), 'kernel/fs/squashfs.ko.xz:\n');
      execFileSync('tar', ['-cf', '../kernel/kernel.tar', 'lib'], { cwd: path.join(folder, 'tree') });
      const { exitCode, stderr } = await lkit(['build', 'a.yml'], { cwd: folder });
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, /\(9\.9\.0-custom\) cannot mount the system: .* lists kernel\/fs\/squashfs\.ko\.xz, which/);
      assert.match(stderr, /--layout flat/);
      const flat = await lkit(['build', '--layout', 'flat', 'a.yml'], { cwd: folder });
      assert.equal(flat.exitCode, 0, flat.stderr);
      assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.tmp')));
    });
  });

  const packed = ['drivers/block/loop', 'fs/squashfs/squashfs', 'fs/overlayfs/overlay'];
  const disk = ['drivers/virtio/virtio_pci', 'drivers/virtio/virtio_mmio', 'drivers/block/virtio_blk'];
  const format = (name: string) => ['--no-lock', '--format', name];

  it('needs no initrd for a root on a disk; without its file system there is none', async () => {
    await withTempDir(async (folder) => {
      const built = await buildWith(folder, [...packed, ...disk], ...format('kernel+squashfs'));
      assert.equal(built.exitCode, 0, built.stderr);
      const written = (await readdir(folder)).filter((name) => name.startsWith('a-')).sort();
      assert.deepEqual(written, ['a-cmdline', 'a-kernel', 'a-squashfs.img']);
      const { exitCode, stderr } = await buildWith(folder, [...packed, ...disk], ...format('kernel+erofs'));
      assert.equal(exitCode, 2);
      assert.match(stderr, /a\.yml:1:17: the kernel \(9\.9\.0-custom\) cannot mount .* it lacks erofs\n/);
    });
  });

  it('needs pkg:init for it where the drivers are modules', async () => {
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'init'));
      await writeFile(path.join(folder, 'init/init'), '#!/bin/sh\n', { mode: 0o755 });
      await buildWith(folder, packed, '--dry-run');
      const tree = path.join(folder, 'tree/lib/modules', release);
      await writeFile(path.join(tree, 'modules.dep'), `kernel/${disk[2] ?? ''}.ko:\n`);
      execFileSync('tar', ['-cf', '../kernel/kernel.tar', 'lib'], { cwd: path.join(folder, 'tree') });
      const yaml = 'kernel: {image: "rootfs:./kernel"}\ninit: ["rootfs:./init"]\n';
      await writeFile(path.join(folder, 'b.yml'), yaml);
      const { exitCode, stderr } = await lkit(['build', ...format('kernel+squashfs'), 'b.yml'], { cwd: folder });
      assert.equal(exitCode, 2);
      assert.match(stderr, /b\.yml:1:17: the kernel .* has drivers for its root in modules only\n[^]*pkg:init/);
      assert.ok(!(await readdir(folder)).includes('b-kernel'));
    });
  });
});
