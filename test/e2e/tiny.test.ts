import assert from 'node:assert/strict';
import { cp, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { Guest } from '../support/guest.ts';
import { lkit, root, withTempDir } from '../support/lkit.ts';

describe('examples/tiny.yml', () => {
  it('is a system of 6 MB, which runs one program in 96 MB of memory', async function () {
    this.timeout(180_000);
    await withTempDir(async (folder) => {
      await cp(path.join(root, 'examples'), folder, { recursive: true });
      const main = `${process.execPath} ${path.join(root, 'dist/bin/lkit.js')}`;
      const made = await execa('make', ['-C', path.join(folder, 'hellocontainer'), `LKIT=${main}`]);
      assert.match(made.stdout, /^hello: \d+ bytes, \d+ compressed\nimage: \d+ bytes$/m);
      const built = await lkit(['build', 'tiny.yml'], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);
      const { size } = await stat(path.join(folder, 'tiny-initrd.img'));
      assert.ok(size <= 6e6, `the initrd has ${size} bytes`);
      const guest = new Guest(['qemu', '-mem', '96', '-timeout', '170s', 'tiny'], { cwd: folder });
      try {
        await guest.waitFor(/\[hello\] Hello from a container of one program\./);
      } finally {
        await guest.kill();
      }
    });
  });
});
