import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root, withTempDir } from '../../support/lkit.ts';
import { writeSmallSystem } from './small-system.ts';

const main = path.join(root, 'dist/bin/lkit.js');

describe('a cache on a disk that is full', function () {
  this.timeout(60_000);

  // Full while an image is copied in, and while another program packs it.
  for (const size of [2, 4]) {
    it(`of ${size} MiB ends a build with a sentence, and works again once there is room`, async () => {
      await withTempDir(async (folder) => {
        await writeSmallSystem(path.join(folder, 'project'), 3_000_000);
        const cache = path.join(folder, 'cache');
        await mkdir(cache);
        // All in one mount namespace: its end takes the disk away.
        const script = `
        mount -t tmpfs -o size=${size}m tmpfs "$3"
        "$1" "$2" build --dir out small.yml && exit 9
        "$1" "$2" cache verify >&2 || exit 8
        "$1" "$2" cache ls >&2 || exit 7
        mount -o remount,size=32m "$3"
        "$1" "$2" build --dir out small.yml || exit 6
        "$1" "$2" cache verify >&2 || exit 5
        ls "$3/tmp" | wc -l`;
        const args = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', process.execPath, main, cache];
        const options = { cwd: path.join(folder, 'project'), env: { ...process.env, LKIT_CACHE: cache } };
        const { stdout, stderr } = await promisify(execFile)('unshare', args, options);
        assert.match(stderr, /^lkit: the disk is full: cannot write to the store .*cache\n {2}.*LKIT_CACHE/m);
        assert.equal(stdout.trim(), '0');
        assert.deepEqual((await readdir(path.join(folder, 'project/out'))).sort(), [
          'small-cmdline',
          'small-initrd.img',
          'small.lock.json',
        ]);
      });
    });
  }
});
