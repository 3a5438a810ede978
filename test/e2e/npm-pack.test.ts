import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { root, withTempDir } from '../support/lkit.ts';

describe('the npm package', function () {
  this.timeout(300_000);

  it('installs into an empty folder, and its lkit builds an example from there', async () => {
    await withTempDir(async (folder) => {
      const npm = (...args: readonly string[]): string =>
        execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      npm('pack', '--ignore-scripts', '--pack-destination', folder, root);
      const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
      assert.match(tarball, /^lkit-\d+\.\d+\.\d+\.tgz$/);
      // The second time, everything that this needs is in npm's cache.
      npm('install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`);

      await copyFile(path.join(folder, 'node_modules/lkit/examples/minimal.yml'), path.join(folder, 'minimal.yml'));
      execFileSync(path.join(folder, 'node_modules/.bin/lkit'), ['build', 'minimal.yml'], {
        cwd: folder,
        stdio: 'pipe',
      });
      for (const suffix of ['kernel', 'initrd.img', 'cmdline']) {
        assert.ok((await stat(path.join(folder, `minimal-${suffix}`))).size > 0, suffix);
      }
      const library = execFileSync(
        process.execPath,
        ['-e', "import('lkit').then((lkit) => console.log(typeof lkit.build))"],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
      assert.equal(library.trim(), 'function');
    });
  });
});
