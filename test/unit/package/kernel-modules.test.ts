import assert from 'node:assert/strict';
import type { DebianPackage } from '../../../pkg/package/apt/records.ts';
import { compileModules, type ModulesToCompile } from '../../../pkg/package/kernel-modules.ts';
import type { DebsContext } from '../../../pkg/package/debs.ts';
import { silentReporter } from '../../../pkg/report/index.ts';

const at = { file: 'debian.yml', line: 6, column: 17 };
/** Nothing is to be fetched for what cannot be compiled. */
const context = {} as DebsContext;

const anyPackage: DebianPackage = {
  name: '',
  version: '1',
  architecture: 'arm64',
  filename: 'none.deb',
  source: 'linux',
  sha256: '',
  size: 0,
  depends: [],
};

function wanted(name: string, arch: ModulesToCompile['arch']): ModulesToCompile {
  const kernel = { package: { ...anyPackage, name }, file: '/none.deb' };
  const modules = [{ path: 'drivers/i2c/i2c-stub', at }];
  return { modules, kernel, arch, temporaryFolder: '/none', step: silentReporter.step('kernel') };
}

describe('compileModules', () => {
  it('compiles for arm64 only, and says where another was asked for', async () => {
    await assert.rejects(compileModules(wanted('linux-image-6.1.0-56-amd64', 'amd64'), context), {
      code: 'bad-kernel',
      message: 'modules can be compiled for arm64, not for amd64',
      at,
    });
  });

  it('needs a kernel package whose name tells its headers’', async () => {
    await assert.rejects(compileModules(wanted('linux-image-mine', 'arm64'), context), {
      code: 'bad-kernel',
      message: 'there are no headers for the kernel package linux-image-mine',
    });
  });
});
