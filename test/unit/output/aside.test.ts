import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OutputError, writeTogether } from '../../../pkg/output/aside.ts';
import { withTempDir } from '../../support/lkit.ts';

const writing = (text: string) => (aside: string) => writeFile(aside, text);

describe('writeTogether', () => {
  it('makes the folder and leaves the files alone in it', async () => {
    await withTempDir(async (folder) => {
      const target = path.join(folder, 'new/folder');
      await writeTogether([
        { target: path.join(target, 'a-kernel'), write: writing('k') },
        { target: path.join(target, 'a-cmdline'), write: writing('c') },
      ]);
      assert.deepEqual((await readdir(target)).sort(), ['a-cmdline', 'a-kernel']);
      assert.equal(await readFile(path.join(target, 'a-kernel'), 'utf8'), 'k');
    });
  });

  it('changes nothing when one of them fails', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'a-kernel'), 'old');
      const failing = async (aside: string): Promise<void> => {
        await writeFile(aside, 'half');
        throw new Error('broken');
      };
      await assert.rejects(
        writeTogether([
          { target: path.join(folder, 'a-kernel'), write: writing('new') },
          { target: path.join(folder, 'a-initrd.img'), write: failing },
        ]),
        /^Error: broken$/,
      );
      assert.deepEqual(await readdir(folder), ['a-kernel']);
      assert.equal(await readFile(path.join(folder, 'a-kernel'), 'utf8'), 'old');
    });
  });

  it('says that the disk is full, and where', async () => {
    await withTempDir(async (folder) => {
      const full = (): Promise<void> =>
        Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write', errno: -28 }));
      await assert.rejects(writeTogether([{ target: path.join(folder, 'x'), write: full }]), (error: unknown) => {
        assert.ok(error instanceof OutputError);
        assert.equal(error.code, 'disk-full');
        assert.equal(error.message, `the disk is full: ${path.join(folder, 'x')} could not be written`);
        return true;
      });
    });
  });

  it('says where no folder can be made', async () => {
    const target = '/proc/lkit/out/a-kernel';
    await assert.rejects(writeTogether([{ target, write: writing('') }]), {
      code: 'cannot-write',
      message: `cannot write ${target}: no folder can be made there`,
    });
  });

  it('says why a folder cannot be written', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'file'), '');
      const target = path.join(folder, 'file/a-kernel');
      await assert.rejects(writeTogether([{ target, write: writing('') }]), (error: unknown) => {
        assert.ok(error instanceof OutputError);
        assert.equal(error.code, 'cannot-write');
        assert.equal(error.message, `cannot write ${target}: a file stands where a folder is needed`);
        return true;
      });
      await mkdir(path.join(folder, 'folder'));
      await assert.rejects(writeTogether([{ target: path.join(folder, 'folder'), write: writing('') }]), OutputError);
    });
  });
});
