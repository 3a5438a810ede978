import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findTool, HostError, installHint, requireTool, searchPath } from '../../../pkg/host/index.ts';
import { withTempDir } from '../../support/lkit.ts';

describe('host tools', () => {
  it('looks where administrators keep theirs, too', () => {
    assert.deepEqual(searchPath('/a::/sbin'), ['/a', '/sbin', '/usr/local/sbin', '/usr/sbin']);
    assert.deepEqual(searchPath(undefined), ['/usr/local/sbin', '/usr/sbin', '/sbin']);
  });

  it('finds executables only', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'some-tool'), '#!/bin/sh\n');
      assert.equal(await findTool('some-tool', folder), undefined);
      await chmod(path.join(folder, 'some-tool'), 0o755);
      assert.equal(await findTool('some-tool', folder), path.join(folder, 'some-tool'));
    });
  });

  it('names the package of a missing tool for the package manager that is here', async () => {
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'bin'));
      await writeFile(path.join(folder, 'bin/apk'), '', { mode: 0o755 });
      await assert.rejects(requireTool('qemu-system-riscv64', path.join(folder, 'bin')), (error: unknown) => {
        assert.ok(error instanceof HostError);
        assert.equal(error.code, 'missing-tool');
        assert.match(
          error.message,
          /^qemu-system-riscv64 is not installed on this machine \(it runs riscv64 machines\)$/,
        );
        return true;
      });
    });
    assert.equal(installHint(['mksquashfs'], 'apt'), 'Install it: sudo apt-get install squashfs-tools');
    assert.equal(installHint(['xz', 'qemu-img'], 'apt'), 'Install it: sudo apt-get install xz-utils qemu-utils');
    assert.equal(
      installHint(['xz'], undefined),
      'Install it: sudo apt-get install xz-utils  or  sudo dnf install xz  or  sudo apk add xz  or  brew install xz',
    );
    assert.equal(installHint(['apt-cache'], 'brew'), 'No package of this host has it.');
  });
});
