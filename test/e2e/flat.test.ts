import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Guest } from '../support/guest.ts';
import { lkit, root } from '../support/lkit.ts';

for (const [runtime, compression] of [
  ['crun', 'zstd'],
  ['containerd', 'gzip'],
] as const) {
  describe(`a flat system with ${runtime}, compressed with ${compression}`, function () {
    this.timeout(180_000);
    let folder: string;
    let guest: Guest;

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lkit-test-'));
      const files = ['flat', runtime].map((name) => path.join(root, `test/e2e/fixtures/${name}.yml`));
      const flags = ['--layout', 'flat', '--compression', compression, '--name', 'flat'];
      const built = await lkit(['build', ...flags, ...files], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      guest = new Guest(['qemu', '-mem', '512', '-timeout', '120s', 'flat'], { cwd: folder });
    });

    after(async () => {
      await guest.kill();
      await rm(folder, { recursive: true });
    });

    it('boots, and runs its containers with the same files, read-only and writable', async () => {
      await guest.waitFor(/^(?=[^]*\[readonly\] .*Read-only file system\n)(?=[^]*\[writable\] written\n)/);
      assert.match(guest.console, /\[once\] onboot$/m);
    });

    it('powers off', async () => {
      // The prompt may have been there before what the containers said.
      guest.type('\n');
      await guest.waitFor(/:~# /);
      guest.type('poweroff\n');
      assert.equal(await guest.ended(), 0);
    });
  });
}
