import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../../../pkg/host/index.ts';
import { ensureDisk } from '../../../pkg/machine/index.ts';
import { withTempDir } from '../../support/lkit.ts';

async function sizeMiB(file: string): Promise<number> {
  const { stdout } = await runTool('qemu-img', ['info', '--output=json', file]);
  return (JSON.parse(stdout) as { 'virtual-size': number })['virtual-size'] / 1024 / 1024;
}

const silent = (): void => undefined;

describe('machine: disk images', function () {
  this.timeout(20_000);

  it('are made as qcow2 on first use, grown, and never shrunk', async () => {
    await withTempDir(async (folder) => {
      const disk = path.join(folder, 'new', 'd.img');
      const notices: string[] = [];
      const notice = (text: string): void => void notices.push(text);
      assert.deepEqual(await ensureDisk({ path: disk, sizeMiB: 64 }, notice), { path: disk, format: 'qcow2' });
      assert.equal(await sizeMiB(disk), 64);
      await ensureDisk({ path: disk, sizeMiB: 128 }, notice);
      assert.equal(await sizeMiB(disk), 128);
      assert.deepEqual(notices, []);
      await ensureDisk({ path: disk, sizeMiB: 64 }, notice);
      assert.equal(await sizeMiB(disk), 128);
      assert.match(notices.join(), /stays at 128 MiB/);
      assert.deepEqual(await readdir(path.dirname(disk)), ['d.img']);
    });
  });

  it('keep their content when grown, and are not touched without a size', async () => {
    await withTempDir(async (folder) => {
      const disk = path.join(folder, 'd.raw');
      const content = Buffer.alloc(1024 * 1024, 'lkit');
      await writeFile(disk, content);
      assert.equal((await ensureDisk({ path: disk }, silent)).format, 'raw');
      assert.deepEqual(await readFile(disk), content);
      await ensureDisk({ path: disk, sizeMiB: 2 }, silent);
      assert.deepEqual((await readFile(disk)).subarray(0, content.length), content);
      assert.equal(await sizeMiB(disk), 2);
    });
  });

  it('must exist or have a size', async () => {
    await withTempDir(async (folder) => {
      await assert.rejects(ensureDisk({ path: path.join(folder, 'd') }, silent), { code: 'bad-disk', kind: 'input' });
      assert.deepEqual(await readdir(folder), []);
    });
  });

  it('are refused when they take their content from another file and nobody said so', async () => {
    await withTempDir(async (folder) => {
      // As a guest could write it into its raw disk.
      const disk = path.join(folder, 'd.raw');
      await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/shadow', '-F', 'raw', disk, '1M']);
      await assert.rejects(ensureDisk({ path: disk }, silent), { code: 'bad-disk', message: /\/etc\/shadow/ });
      assert.equal((await ensureDisk({ path: disk, format: 'qcow2' }, silent)).format, 'qcow2');
    });
  });

  it('are refused in other formats, with the way to convert them', async () => {
    await withTempDir(async (folder) => {
      const disk = path.join(folder, 'd.vmdk');
      await runTool('qemu-img', ['create', '-q', '-f', 'vmdk', disk, '1M']);
      await assert.rejects(ensureDisk({ path: disk }, silent), { code: 'bad-disk', hint: /qemu-img convert/ });
    });
  });
});
