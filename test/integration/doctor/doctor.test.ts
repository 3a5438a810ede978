import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../../../pkg/doctor/index.ts';
import { findTool } from '../../../pkg/host/index.ts';
import { formatNames } from '../../../pkg/output/formats/catalog.ts';
import { lkit, withTempDir } from '../../support/lkit.ts';

describe('lkit doctor', function () {
  this.timeout(60_000);

  const doctor = async (env: Readonly<Record<string, string>> = {}) => {
    const { stdout, exitCode, stderr } = await lkit(['doctor', '--json'], { env });
    assert.equal(stderr, '');
    const findings = JSON.parse(stdout) as readonly Finding[];
    return { exitCode, of: (subject: string) => findings.find((finding) => finding.subject === subject) };
  };

  it('finds that a machine that runs these tests builds every format and runs x86_64', async () => {
    const { exitCode, of } = await doctor();
    assert.equal(exitCode, 0);
    for (const format of formatNames) assert.equal(of(format)?.state, 'works', format);
    assert.match(of('x86_64')?.detail ?? '', /^QEMU/);
    assert.match(of('x86_64 UEFI')?.detail ?? '', /OVMF/);
    assert.match(of('store')?.detail ?? '', /^\d+\.\d GiB free in \//);
    const text = await lkit(['doctor']);
    assert.match(text.stdout, /^ok {2}format {2}qcow2-efi +amd64, arm64$/m);
  });

  it('says what is missing, what that rules out and how to get it, and fails for what every system needs', async () => {
    await withTempDir(async (folder) => {
      for (const name of ['mformat', 'mcopy', 'mmd']) await symlink((await findTool(name))!, path.join(folder, name));
      const { exitCode, of } = await doctor({ PATH: folder });
      assert.equal(exitCode, 1);
      assert.equal(of('raw-efi')?.state, 'works');
      const { state, detail, hint } = of('aws')!;
      assert.deepEqual([state, detail], ['limited', 'syslinux missing; only for arm64']);
      assert.match(hint ?? '', /sudo apt-get install syslinux/);
      assert.equal(of('vmdk')?.state, 'fails');
      assert.equal(of('images')?.state, 'fails');
      assert.match(of('x86_64')?.detail ?? '', /qemu-system-x86_64 is not installed/);
    });
  });
});
