import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Store } from '../../../pkg/store/index.ts';
import { lkit } from '../../support/lkit.ts';
import { layerOf, makeImage } from '../../support/registry-image.ts';

describe('--limit', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-limits-'));
    await mkdir(path.join(folder, 'tree'));
    for (const name of ['one', 'two', 'three']) await writeFile(path.join(folder, 'tree', name), name);
    const store = await Store.open(path.join(folder, 'cache'));
    const image = await makeImage(store, { layers: [layerOf({ one: '1', two: '2', three: '3' })] });
    await store.tag('docker.io/library/image:1', image.descriptor);
    await run('cache', 'export', 'image:1', '-o', 'image.tar');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const run = (...args: readonly string[]) =>
    lkit(args, { cwd: folder, env: { LKIT_CACHE: path.join(folder, 'cache') } });

  for (const args of [
    ['cache', 'import', 'image.tar'],
    ['cache', 'export', '--format', 'files', 'image:1', '-o', 'image-files.tar'],
    ['image', 'ls', 'image:1'],
    ['image', 'unpack', 'image:1', 'bundle', '--force'],
  ]) {
    it(`is what lkit ${args.slice(0, 2).join(' ')} says to give, and takes`, async () => {
      const refused = await run(...args, '--limit', 'entries=2');
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.stderr, /more than 2 files[^]*--limit entries=NUMBER/);
      const done = await run(...args, '--limit', 'entries=2', '--limit', 'entries=20');
      assert.equal(done.exitCode, 0, done.stderr);
    });
  }

  it('is known to every command that reads images', async () => {
    for (const command of [
      ...['build', 'size', 'test', 'convert', 'pkg build', 'cache pull', 'cache verify', 'image create'],
      ...['image inspect', 'image diff', 'image append', 'image copy', 'image config'],
    ]) {
      const { stdout } = await run(...command.split(' '), '--help');
      assert.match(stdout, /--limit <name=number>/, command);
    }
  });
});
