import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseRecipe, readBuildFile } from '../../../pkg/package/index.ts';
import { applets, inPackage, packages } from './folders.ts';

describe('the packages', () => {
  it('are those that the documentation names', () => {
    const expected = [
      'containerd',
      'crun',
      'dhcp',
      'getty',
      'hardware',
      'hello_world',
      'init',
      'kernel',
      'kernel_i2c',
      'load_modules',
      'runc',
    ];
    for (const name of expected) assert.ok(packages.includes(name), name);
  });

  for (const name of packages) {
    it(`${name} has the name of its folder, and links only to what busybox has`, async () => {
      const folder = inPackage(name, '');
      assert.equal((await readBuildFile(folder)).image, name);

      const file = inPackage(name, 'debian.yml');
      const recipe = await parseRecipe(file, readFileSync(file, 'utf8'));
      const known = applets();
      const missing = recipe.links
        .filter(({ target }) => target.endsWith('busybox'))
        .map(({ path: link }) => link.slice(link.lastIndexOf('/') + 1))
        .filter((applet) => !known.has(applet));
      assert.deepEqual(missing, []);
    });
  }

  it('leave /sbin/init to the script of pkg:init', async () => {
    const file = inPackage('init', 'debian.yml');
    const { links } = await parseRecipe(file, readFileSync(file, 'utf8'));
    assert.ok(!links.some(({ path: link }) => link === '/sbin/init'));
  });
});
