import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { copyWithTime, isCopy } from '../../../pkg/output/copy.ts';

describe('a copied kernel', () => {
  let folder: string;
  let source: string;
  let target: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lkit-copy-'));
    source = path.join(folder, 'source');
    target = path.join(folder, 'target');
    await writeFile(source, 'kernel');
    await utimes(source, 1.25, 1_700_000_000.123_456_7);
    await copyWithTime(source, target);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is known again', async () => {
    assert.equal(await readFile(target, 'utf8'), 'kernel');
    assert.equal(await isCopy(source, target), true);
  });

  it('is none once it was written to, was replaced by another, or is gone', async () => {
    await writeFile(target, 'hacked');
    assert.equal(await isCopy(source, target), false);
    await writeFile(target, 'a longer kernel');
    await utimes(target, 1.25, 1_700_000_000.123_456_7);
    assert.equal(await isCopy(source, target), false);
    await rm(target);
    assert.equal(await isCopy(source, target), false);
  });

  it('is none of a newer kernel of the same size', async () => {
    await writeFile(source, 'KERNEL');
    assert.equal(await isCopy(source, target), false);
  });
});
