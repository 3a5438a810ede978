import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Store } from '../../../pkg/store/index.ts';
import { FaultyRegistry } from '../../support/faulty-registry.ts';
import { type Finished, lkit, withTempDir } from '../../support/lkit.ts';
import { makeImage } from '../../support/registry-image.ts';
import { writeService, writeSmallSystem } from '../cache/small-system.ts';

interface Project {
  readonly folder: string;
  readonly check: (...args: readonly string[]) => Promise<Finished>;
}

/** A small system with a cache of its own, and a folder `bin` whose programs are found first. */
async function withProject(use: (project: Project) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const project = path.join(folder, 'project');
    await writeSmallSystem(project);
    await mkdir(path.join(folder, 'bin'));
    const env = { LKIT_CACHE: path.join(folder, 'cache'), PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` };
    const check = (...args: readonly string[]): Promise<Finished> =>
      lkit(['build', '--check-reproducible', ...args], { cwd: project, env });
    await use({ folder, check });
  });
}

/** Puts a program before the host's own of that name, which it may call as `$real`. */
async function wrap(folder: string, tool: string, script: string): Promise<void> {
  const text = `#!/bin/bash\nreal=/usr/bin/${tool}\n${script}\n`;
  await writeFile(path.join(folder, 'bin', tool), text, { mode: 0o755 });
}

describe('lkit build --check-reproducible', function () {
  this.timeout(180_000);

  it('says which files are identical, and leaves nothing behind', async () => {
    await withProject(async ({ folder, check }) => {
      const { exitCode, stdout, stderr } = await check('--sbom', 'small.yml');
      assert.equal(exitCode, 0, stderr);
      const files = 'small-cmdline, small-initrd.img, small.lock.json, small.spdx.json';
      assert.equal(stdout, `4 files are identical in two builds from nothing: ${files}\n`);
      assert.deepEqual((await readdir(path.join(folder, 'project'))).sort(), ['init', 'small.yml', 'web']);
      assert.deepEqual(await readdir(path.join(folder, 'cache/tmp')), []);
      assert.ok(!(await readdir(path.join(folder, 'cache'))).includes('derived'));
    });
  });

  it('fails, naming the place, when a packer writes the date', async () => {
    await withProject(async ({ folder, check }) => {
      // Large enough for a squashfs.
      await writeService(path.join(folder, 'project'), 2 << 20);
      // Where a squashfs file has the time of its making (squashfs_fs.h, `mkfs_time`).
      await wrap(folder, 'mksquashfs', '"$real" "$@" && date +%s | dd of="$2" bs=1 seek=8 conv=notrunc status=none');
      const { exitCode, stdout, stderr } = await check('small.yml');
      assert.equal(exitCode, 1);
      assert.equal(stdout, '');
      const [, member, offset] =
        /^lkit: two builds differ: small-initrd\.img at byte \d+, which is byte (\d+) of (\S+) in it$/m.exec(stderr) ??
        [];
      assert.match(offset ?? stderr, /^lkit\/images\/[0-9a-f]{16}\.squashfs$/);
      assert.ok(Number(member) >= 8 && Number(member) < 19, member);
    });
  });

  it('fails, naming the image, when a package’s record has the date in it', async () => {
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'bin'));
      await wrap(folder, 'dpkg-deb', '"$real" "$@" || exit; [ "$1" != --field ] || echo "Date: $(date)"');
      await writeFile(path.join(folder, 'a.yml'), 'init: [pkg:init]\n');
      const env = { PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` };
      const { exitCode, stderr } = await lkit(['build', '--check-reproducible', 'a.yml'], { cwd: folder, env });
      assert.equal(exitCode, 1);
      assert.match(
        stderr,
        /^lkit: two builds differ: a-initrd\.img at byte \d+, .*\n {4}image pkg:init: sha256:\S+ and sha256:/m,
      );
    });
  });

  it('asks a registry for each blob once', async () => {
    const registry = await FaultyRegistry.start();
    try {
      await withProject(async ({ folder, check }) => {
        const source = await Store.open(path.join(folder, 'source'));
        const image = await makeImage(source);
        await registry.add(source, image, 'latest');
        const service = `services: [{name: x, image: "${registry.host}/x", command: [x]}]\n`;
        await writeFile(path.join(folder, 'project/a.yml'), `init: ["oci:init"]\n${service}`);
        const { exitCode, stderr } = await check('a.yml');
        assert.equal(exitCode, 0, stderr);
        assert.equal(registry.count('/blobs/'), 2);
        assert.equal(registry.count('/manifests/'), 1);
      });
    } finally {
      await registry.stop();
    }
  });
});
