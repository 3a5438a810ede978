import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SystemSize } from '../../../pkg/build/index.ts';
import { type Finished, lkit, withTempDir } from '../../support/lkit.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { writeSmallSystem } from '../cache/small-system.ts';
import { writeLayout } from '../image/oci-layout.ts';

const shared = randomBytes(50_000);

/** A system with two services whose images have a file in common, one of them used twice. */
async function withSystem(
  use: (folder: string, run: (...args: readonly string[]) => Promise<Finished>) => Promise<void>,
): Promise<void> {
  await withTempDir(async (folder) => {
    await writeSmallSystem(folder);
    const layer = (name: string, data: Buffer): Buffer => rawTar([{ name, data }]);
    await writeLayout(path.join(folder, 'web'), [layer('web', randomBytes(30_000)), layer('lib', shared)]);
    await writeLayout(path.join(folder, 'db'), [layer('other/lib', shared)]);
    const entry = (name: string, image: string): string => `  - {name: ${name}, image: "oci:${image}", command: [x]}\n`;
    const services = entry('web', 'web') + entry('more', 'web') + entry('db', 'db');
    await writeFile(path.join(folder, 'small.yml'), `init: [oci:init]\nservices:\n${services}`);
    const env = { LKIT_CACHE: path.join(folder, 'cache') };
    await use(folder, async (...args) => {
      const finished = await lkit(args, { cwd: folder, env });
      assert.equal(finished.exitCode, 0, finished.stderr);
      return finished;
    });
  });
}

describe('lkit size', function () {
  this.timeout(60_000);

  for (const layout of ['packed', 'flat']) {
    it(`adds up to the initrd that is built: ${layout}`, async () => {
      await withSystem(async (folder, run) => {
        // In the flat layout the kernel starts /init itself.
        await writeLayout(
          path.join(folder, 'init'),
          [
            rawTar([
              { name: 'init', data: '#!/bin/sh\n', mode: 0o755 },
              { name: 'bin/busybox', data: 'no program', mode: 0o755 },
              { name: 'usr/lib/lkit/stage0', data: '#!/bin/sh\n', mode: 0o755 },
            ]),
          ],
          { config: { Labels: { 'org.lkit.init': 'packed' } } },
        );
        const json = (await run('size', '--json', '--layout', layout, 'small.yml')).stdout;
        const size = JSON.parse(json) as SystemSize;
        assert.ok(!(await readdir(folder)).includes('small-initrd.img'));
        await run('build', '--layout', layout, 'small.yml');
        const built = (await stat(path.join(folder, 'small-initrd.img'))).size;
        assert.equal(size.layout, layout);
        assert.equal(
          size.parts.reduce((sum, part) => sum + part.size, 0),
          size.size,
        );
        // A packed image begins at a multiple of 4096, with a header and a name before it.
        const overhead = built - size.size;
        if (layout === 'flat') assert.equal(overhead, 0);
        else assert.ok(overhead > 0 && overhead < size.parts.length * 2 * 4096, `${overhead}`);
      });
    });
  }

  it('shows each image once, with its layers and who uses it, and what several bring along', async () => {
    await withSystem(async (_, run) => {
      const size = JSON.parse((await run('size', '--json', 'small.yml')).stdout) as SystemSize;
      const trees = size.parts.filter(({ kind }) => kind === 'tree');
      assert.deepEqual(
        trees.map(({ images }) => images.map(({ name, usedBy, layers }) => [name, usedBy, layers.length])),
        [[['oci:web', ['services web', 'services more'], 2]], [['oci:db', ['services db'], 1]]],
      );
      assert.ok(trees[0]!.size > 80_000 && trees[1]!.size > 50_000);
      assert.deepEqual(
        size.duplicates.map(({ size: bytes, files }) => [bytes, files.map(({ image, path: name }) => [image, name])]),
        [
          [
            50_000,
            [
              ['oci:web', 'lib'],
              ['oci:db', 'other/lib'],
            ],
          ],
        ],
      );
      assert.equal(size.duplicatedBytes, 50_000);
    });
  });

  it('prints tables for people', async () => {
    await withSystem(async (_, run) => {
      const { stdout } = await run('size', 'small.yml');
      assert.match(stdout, /^PART +IMAGE +USED BY +SIZE +SHARE\nroot +oci:init +/);
      assert.match(stdout, /\nstage-0 +oci:init +- +[\d.]+ kB +[\d.]+ %\n/);
      assert.match(stdout, /\ntree +oci:web +services web, services more +8\d\.\d kB +\d\d\.\d %\n/);
      assert.match(stdout, /\ninitrd +1\d\d\.\d kB\n/);
      assert.match(stdout, /\noci:web +sha256:[0-9a-f]{12} +3\d\.\d kB\n +sha256:[0-9a-f]{12} +5\d\.\d kB\n/);
      assert.match(stdout, /\n50\.0 kB +oci:web:\/lib, oci:db:\/other\/lib\n50\.0 kB of unpacked files would be saved/);
    });
  });
});
