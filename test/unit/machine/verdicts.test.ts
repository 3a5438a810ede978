import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { recallVerdict, rememberVerdict, verdictKey } from '../../../pkg/machine/qemu/verdicts.ts';
import { withTempDir } from '../../support/lkit.ts';

describe('machine: remembered accelerator verdicts', () => {
  it('comes back under its key alone, and the latest wins', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'new', 'accelerator.json');
      assert.equal(await recallVerdict(file, 'a'), undefined);
      await rememberVerdict(file, 'a', { works: false, reason: 'guest hung' });
      await rememberVerdict(file, 'b', { works: true });
      await rememberVerdict(file, 'b', { works: true, confirmed: true });
      assert.deepEqual(await recallVerdict(file, 'a'), { works: false, reason: 'guest hung' });
      assert.deepEqual(await recallVerdict(file, 'b'), { works: true, confirmed: true });
      assert.equal(await recallVerdict(file, 'c'), undefined);
    });
  });

  it('does not grow for ever', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'v.json');
      for (let index = 0; index < 30; index++) await rememberVerdict(file, String(index), { works: true });
      assert.equal((JSON.parse(await readFile(file, 'utf8')) as unknown[]).length, 20);
      assert.deepEqual(await recallVerdict(file, '29'), { works: true });
      assert.equal(await recallVerdict(file, '0'), undefined);
    });
  });

  for (const damage of ['', '{"a":', '{}', '[null]', '[1]']) {
    it(`takes a file with ${JSON.stringify(damage)} for an empty one`, async () => {
      await withTempDir(async (folder) => {
        const file = path.join(folder, 'v.json');
        await writeFile(file, damage);
        assert.equal(await recallVerdict(file, 'a'), undefined);
        await rememberVerdict(file, 'a', { works: true });
        assert.deepEqual(await recallVerdict(file, 'a'), { works: true });
      });
    });
  }

  it('does not mind a cache that cannot be written', async () => {
    await rememberVerdict('/dev/null/accelerator.json', 'a', { works: true });
  });

  it('has a key that changes with the program, the architecture and the accelerator', async () => {
    const kvm = { name: 'kvm', arguments: ['kvm'], chosen: true } as const;
    const keys = [
      await verdictKey(process.execPath, 'x86_64', kvm),
      await verdictKey('/bin/sh', 'x86_64', kvm),
      await verdictKey(process.execPath, 'aarch64', kvm),
      await verdictKey(process.execPath, 'x86_64', { ...kvm, arguments: ['hvf'] }),
    ];
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(await verdictKey(process.execPath, 'x86_64', kvm), keys[0]);
  });
});
