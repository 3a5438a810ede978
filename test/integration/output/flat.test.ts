import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { lkit, withTempDir } from '../../support/lkit.ts';

/** Everything in an initrd, as cpio lists it: archive after archive, each with its mode, owner, size and name. */
async function list(initrd: string): Promise<readonly string[]> {
  // zstd reads gzip as well.
  const script = 'zstd -qdcf "$1" >"$1.cpio"; while cpio -itvn --quiet; do :; done <"$1.cpio" 2>/dev/null';
  const { stdout } = await execa('sh', ['-c', script, 'list', initrd]);
  return stdout.split('\n');
}

async function buildFlat(folder: string, yaml: string, ...flags: readonly string[]): Promise<readonly string[]> {
  await writeFile(path.join(folder, 'a.yml'), yaml);
  const { exitCode, stderr } = await lkit(['build', ...flags, 'a.yml'], { cwd: folder });
  assert.equal(exitCode, 0, stderr);
  return await list(path.join(folder, 'a-initrd.img'));
}

const names = (lines: readonly string[]): readonly string[] => lines.map((line) => line.split(/\s+/)[8] ?? '');
const services = 'services:\n  - {name: one, image: pkg:hello_world}\n  - {name: two, image: pkg:hello_world}\n';

describe('the flat layout', function () {
  this.timeout(180_000);

  it('has every file where it will be, and the files of an image that is used twice once', async () => {
    await withTempDir(async (folder) => {
      const yaml = `kernel: {image: pkg:kernel}\ninit: [pkg:init, pkg:crun]\n${services}`;
      const lines = await buildFlat(folder, yaml, '--layout', 'flat');
      const found = names(lines);
      for (const name of ['init', 'sbin/init', 'usr/bin/crun', 'containers/services/two/config.json']) {
        assert.ok(found.includes(name), name);
      }
      assert.ok(lines.some((line) => /^-.* lib\/modules\/.*\/overlay\.ko/.test(line)));
      assert.equal(found.filter((name) => name === 'usr/bin').length, 1);
      assert.equal(found.filter((name) => name.endsWith('/usr/bin/hello_world')).length, 1);
      const missing = found.filter((name) => name.includes('/') && !found.includes(path.dirname(name)));
      assert.deepEqual(missing, []);
    });
  });

  it('is chosen for an init image that is not ours, whose init finds no more than it knows', async () => {
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'root'));
      await writeFile(path.join(folder, 'root/init'), '#!/bin/sh\n', { mode: 0o755 });
      const found = names(await buildFlat(folder, `init: ["rootfs:./root"]\n${services}`));
      const own = found.filter((name) => name.startsWith('containers/services/two/'));
      const base = 'containers/services/two';
      assert.deepEqual(own, [`${base}/config.json`, `${base}/rootfs`, `${base}/runtime.json`]);
    });
  });

  it('is the same compressed with zstd, and smaller', async () => {
    await withTempDir(async (folder) => {
      const yaml = `kernel: {image: pkg:kernel}\ninit: [pkg:init, pkg:crun]\n${services}`;
      const size = async (): Promise<number> => (await stat(path.join(folder, 'a-initrd.img'))).size;
      const withGzip = await buildFlat(folder, yaml, '--layout', 'flat');
      const gzipBytes = await size();
      assert.deepEqual(await buildFlat(folder, yaml, '--layout', 'flat', '--compression', 'zstd'), withGzip);
      assert.ok((await size()) < 0.95 * gzipBytes);
    });
  });

  it('is the same for the same input, compressed once', async () => {
    await withTempDir(async (folder) => {
      const yaml = `init: [pkg:init, pkg:crun]\n${services}`;
      await buildFlat(folder, yaml, '--layout', 'flat');
      const before = await execa('sha256sum', ['a-initrd.img'], { cwd: folder });
      const again = await lkit(['-v', 'build', '--layout', 'flat', 'a.yml'], { cwd: folder });
      for (const name of ['init', 'one']) assert.match(again.stderr, new RegExp(`pack ${name}: cached\\n`));
      assert.equal((await execa('sha256sum', ['a-initrd.img'], { cwd: folder })).stdout, before.stdout);
    });
  });

  it('is what remains for an init image without a stage-0', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'a.yml'), 'init: [pkg:crun]\n');
      const { exitCode, stderr } = await lkit(['build', '--layout', 'packed', 'a.yml'], { cwd: folder });
      assert.equal(exitCode, 2);
      assert.match(stderr, /a\.yml:1:8: none of the init images can start a packed system\n[^]*--layout flat/);
    });
  });
});
