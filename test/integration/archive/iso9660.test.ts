import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { singleFileIso } from '../../../pkg/archive/index.ts';
import { withTempDir } from '../../support/lkit.ts';

const run = promisify(execFile);

describe('archive: ISO 9660 images', () => {
  for (const length of [0, 1, 2047, 2048, 2049, 100_000]) {
    it(`hold a file of ${length} bytes, as libarchive and xorriso read them`, async () => {
      await withTempDir(async (folder) => {
        const content = Buffer.from(Uint8Array.from({ length }, (_, index) => index % 251));
        const image = path.join(folder, 'image.iso');
        await writeFile(image, singleFileIso('CONFIG', content));
        await run('bsdtar', ['-xf', image, '-C', folder]);
        assert.deepEqual(await readFile(path.join(folder, 'CONFIG')), content);
        const { stdout, stderr } = await run('xorriso', ['-indev', image, '-find', '/']);
        assert.match(stderr, /Volume id {4}: 'CONFIG'/);
        assert.deepEqual(stdout.trim().split('\n').sort(), ["'/'", "'/CONFIG'"]);
        assert.doesNotMatch(stderr, /WARNING|FAILURE|SORRY/);
      });
    });
  }
});
