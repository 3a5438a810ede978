import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

const targets = [
  { title: 'for this machine', variables: [], arch: [] },
  { title: 'for arm64', variables: ['ARCH=arm64'], arch: ['--arch', 'arm64'] },
] as const;

for (const { title, variables, arch } of targets) {
  describe(`examples/module, ${title}`, function () {
    this.timeout(180_000);
    let folder: string;
    let guest: Guest;

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
      await cp(path.join(root, 'examples/module'), folder, {
        recursive: true,
        filter: (file) => !['build', 'rootfs'].includes(path.basename(file)),
      });
      const env = { LKIT: `node ${path.join(root, 'dist/bin/lkit.js')}` };
      await execa('make', variables, { cwd: folder, env });
      const built = await lkit(['build', ...arch, '--name', 'hello', 'kernel.yml', 'hello.yml'], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      guest = new Guest(['qemu', '-mem', '256', '-timeout', '170s', 'hello'], { cwd: folder });
      await guest.waitFor(/:~# $/);
    });

    after(async () => {
      await guest.kill();
      await rm(folder, { recursive: true });
    });

    it('builds the module for the very kernel that loads it', async () => {
      const module = path.join(folder, 'package/rootfs/hello.ko');
      const { stdout } = await execa('modinfo', ['--field', 'vermagic', module]);
      assert.equal(stdout.split(' ')[0], (await guest.run('uname -r')).output);
    });

    it('loads it at boot, with its parameter', async () => {
      assert.match((await guest.run('dmesg | grep hello')).output, /^\[.*\] hello: Hello, lkit$/m);
      assert.equal((await guest.run('cat /sys/module/hello/parameters/name')).output, 'lkit');
      assert.match((await guest.run('cat /proc/modules')).output, /^hello \d+ 0 - Live 0x[0-9a-f]+ \(OE\)$/m);
    });

    it('unloads it', async () => {
      assert.equal((await guest.run('rmmod hello && [ ! -e /sys/module/hello ]')).exitCode, 0);
    });
  });
}
