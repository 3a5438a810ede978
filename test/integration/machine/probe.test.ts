import assert from 'node:assert/strict';
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import { findTool } from '../../../pkg/host/index.ts';
import { type Accelerator, chooseAccelerator, emulation, probe } from '../../../pkg/machine/qemu/index.ts';
import { withTempDir } from '../../support/lkit.ts';
import { writeFakeQemu } from './fake-qemu.ts';

const kvm: Accelerator = { name: 'kvm', arguments: ['kvm'], chosen: true };

describe('machine: the accelerator probe', function () {
  this.timeout(30_000);

  for (const [how, expected] of [
    ['works', { works: true }],
    ['hangs', { works: false, reason: 'guest hung' }],
    ['aborts', { works: false, reason: 'QEMU was ended by SIGABRT' }],
    ['gives-up', { works: false, reason: 'guest stopped by an internal error' }],
    ['refuses', { works: false, reason: 'QEMU refused: no such CPU' }],
  ] as const) {
    it(`sees that a guest ${how}, and leaves nothing behind`, async () => {
      await withTempDir(async (folder) => {
        const program = await writeFakeQemu(folder, { kvm: { probe: how } });
        // Node.js itself takes a tenth of a second to start; a busy host many times that.
        const timeoutMs = how === 'hangs' ? 1000 : 20_000;
        const verdict = await probe({ program, arch: 'x86_64', accelerator: kvm, temporaryFolder: folder, timeoutMs });
        assert.deepEqual(verdict, expected);
        assert.deepEqual(await readdir(folder), [path.basename(program)]);
      });
    });
  }

  it('finds a program that cannot be started unfit', async () => {
    await withTempDir(async (temporaryFolder) => {
      const verdict = await probe({ program: '/nowhere/qemu', arch: 'x86_64', accelerator: kvm, temporaryFolder });
      assert.equal(verdict.works, false);
    });
  });

  for (const arch of ['x86_64', 'aarch64'] as const) {
    it(`runs its guest to the end under real emulation of ${arch}`, async function () {
      const program = await findTool(`qemu-system-${arch}`);
      if (program === undefined && arch !== 'x86_64') {
        // An x86 host need not have it.
        return;
      }
      assert.ok(program, 'qemu-system-x86_64 is not installed');
      await withTempDir(async (temporaryFolder) => {
        const options = { program, arch, accelerator: emulation, temporaryFolder, timeoutMs: 25_000 };
        assert.deepEqual(await probe(options), { works: true });
      });
    });
  }
});

describe('machine: choosing the accelerator', function () {
  this.timeout(30_000);

  async function choose(
    folder: string,
    program: string,
    options: { readonly kvmDevice?: string; readonly probeTimeoutMs?: number } = {},
  ): Promise<{ name: string; confirmed: boolean; notices: readonly string[] }> {
    const notices: string[] = [];
    const { accelerator, confirmed } = await chooseAccelerator({
      program,
      arch: 'x86_64',
      host: { platform: 'linux', arch: 'x86_64' },
      verdictFile: path.join(folder, 'cache', 'accelerator.json'),
      temporaryFolder: folder,
      notice: (text) => notices.push(text),
      probeTimeoutMs: options.probeTimeoutMs ?? 20_000,
      kvmDevice: options.kvmDevice ?? '/dev/null',
    });
    return { name: accelerator.name, confirmed, notices };
  }

  it('takes KVM when a guest runs under it', async () => {
    await withTempDir(async (folder) => {
      const program = await writeFakeQemu(folder, {});
      assert.deepEqual(await choose(folder, program), { name: 'kvm', confirmed: false, notices: [] });
    });
  });

  it('says in one line that KVM does not work, and does not try again', async () => {
    await withTempDir(async (folder) => {
      const program = await writeFakeQemu(folder, { kvm: { probe: 'hangs' } });
      const expected = {
        name: 'tcg',
        confirmed: true,
        notices: ['KVM does not work on this machine (guest hung): emulating (slower)'],
      };
      assert.deepEqual(await choose(folder, program, { probeTimeoutMs: 1000 }), expected);
      // Longer than this test may take: it must not wait for that program again.
      assert.deepEqual(await choose(folder, program, { probeTimeoutMs: 60_000 }), expected);
    });
  });

  it('says nothing where there is no KVM', async () => {
    await withTempDir(async (folder) => {
      assert.deepEqual(await choose(folder, '/bin/false', { kvmDevice: path.join(folder, 'kvm') }), {
        name: 'tcg',
        confirmed: true,
        notices: [],
      });
    });
  });

  it('decides about the real /dev/kvm within the probe’s time', async () => {
    const program = await findTool('qemu-system-x86_64');
    const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
      () => process.arch === 'x64',
      () => false,
    );
    assert.ok(program);
    await withTempDir(async (folder) => {
      const notices: string[] = [];
      const before = performance.now();
      const { accelerator } = await chooseAccelerator({
        program,
        arch: 'x86_64',
        host: { platform: process.platform, arch: 'x86_64' },
        verdictFile: path.join(folder, 'accelerator.json'),
        temporaryFolder: folder,
        notice: (text) => notices.push(text),
      });
      assert.ok(performance.now() - before < 8000);
      if (accelerator.name === 'tcg' && usable) assert.match(notices.join(), /^KVM does not work on this machine \(/);
      if (!usable) assert.notEqual(accelerator.name, 'kvm');
    });
  });
});
