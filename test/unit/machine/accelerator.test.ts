import assert from 'node:assert/strict';
import { parseAccelerator } from '../../../pkg/machine/index.ts';
import { candidate } from '../../../pkg/machine/qemu/accelerator.ts';

describe('machine: accelerators', () => {
  it("takes names and QEMU's own syntax", () => {
    assert.equal(parseAccelerator('auto'), undefined);
    assert.deepEqual(parseAccelerator('kvm'), { name: 'kvm', arguments: ['kvm'], chosen: false });
    assert.deepEqual(parseAccelerator('kvm:tcg'), { name: 'custom', arguments: ['kvm', 'tcg'], chosen: false });
    assert.equal(parseAccelerator('tcg,thread=single')?.name, 'tcg');
  });

  for (const text of ['', 'fast', 'kvm:', 'kvm,tcg:x']) {
    it(`refuses "${text}"`, () => {
      assert.throws(() => parseAccelerator(text), { code: 'bad-accelerator', kind: 'input', hint: /tcg/ });
    });
  }

  for (const [arch, platform, hostArch, expected] of [
    ['x86_64', 'linux', 'x86_64', 'kvm'],
    ['aarch64', 'linux', 'aarch64', 'kvm'],
    ['x86_64', 'darwin', 'x86_64', 'hvf'],
    ['aarch64', 'darwin', 'aarch64', 'hvf'],
    ['aarch64', 'linux', 'x86_64', 'tcg'],
    ['x86_64', 'darwin', 'aarch64', 'tcg'],
    ['riscv64', 'linux', 'riscv64', 'tcg'],
    ['x86_64', 'win32', 'x86_64', 'tcg'],
    ['x86_64', 'linux', undefined, 'tcg'],
  ] as const) {
    it(`tries ${expected} for ${arch} on ${platform} ${hostArch ?? 'of an unknown kind'}`, () => {
      assert.equal(candidate(arch, { platform, arch: hostArch }).name, expected);
    });
  }
});
