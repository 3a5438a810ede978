import { badInput } from '../error.ts';
import type { Arch } from '../types.ts';

/** What executes the guest's instructions. `name` is for people, `arguments` QEMU's `-accel` values in order of trial. */
export interface Accelerator {
  readonly name: 'kvm' | 'hvf' | 'tcg' | 'custom';
  readonly arguments: readonly string[];
  /** Whether lkit chose it, and so may choose again when it fails. */
  readonly chosen: boolean;
}

export const emulation: Accelerator = { name: 'tcg', arguments: ['tcg'], chosen: true };

const known = ['kvm', 'hvf', 'tcg', 'whpx', 'nvmm', 'xen'];

/**
 * What the user typed: `auto` (`undefined` is returned), one name, or QEMU's own syntax as in LINUXKIT_QEMU_ACCEL:
 * `kvm:tcg`, `tcg,thread=single`.
 *
 * @throws {MachineError} `bad-accelerator`
 */
export function parseAccelerator(text: string): Accelerator | undefined {
  if (text === 'auto') return undefined;
  const parts = text.split(':');
  for (const part of parts) {
    const name = part.split(',')[0] ?? '';
    if (!known.includes(name)) {
      const hint = 'Known: auto, kvm (Linux), hvf (macOS), tcg (emulation, everywhere), several as kvm:tcg.';
      throw badInput('bad-accelerator', `unknown accelerator "${name}"`, hint);
    }
  }
  const only = parts.length === 1 ? text.split(',')[0] : undefined;
  const name = only === 'kvm' || only === 'hvf' || only === 'tcg' ? only : 'custom';
  return { name, arguments: parts, chosen: false };
}

/** The accelerator that the host may have for such a guest; whether it works is for the probe to say. */
export function candidate(
  arch: Arch,
  host: { readonly platform: string; readonly arch: Arch | undefined },
): Accelerator {
  // The probe knows these two; riscv64 hosts that virtualise are rare enough to be asked for by name.
  if (arch !== host.arch || arch === 'riscv64') return emulation;
  if (host.platform === 'linux') return { name: 'kvm', arguments: ['kvm'], chosen: true };
  if (host.platform === 'darwin') return { name: 'hvf', arguments: ['hvf'], chosen: true };
  return emulation;
}
