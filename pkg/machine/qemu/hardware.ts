import type { Arch } from '../types.ts';
import type { Accelerator } from './accelerator.ts';

/** The `-machine`. On x86 q35 rather than microvm, which hangs now and then under emulation. */
function machineType(arch: Arch, accelerator: Accelerator): string {
  if (arch === 'x86_64') return 'q35';
  if (arch === 'riscv64') return 'virt';
  // KVM has no other interrupt controller than the host's; emulated, version 3 boots fastest.
  return accelerator.name === 'kvm' ? 'virt,gic-version=host' : 'virt,gic-version=3';
}

/** The `-cpu`, or `undefined` for QEMU's default. */
export function processorModel(arch: Arch, accelerator: Accelerator): string | undefined {
  if (accelerator.name === 'kvm' || accelerator.name === 'hvf') return 'host';
  // Emulating the pointer authentication of arm64's `max` costs three quarters of the speed. On x86 `max` runs programs
  // built for x86-64-v2 or v3. But with `erms` the kernel copies and clears memory with `rep movsb`, which is emulated byte
  // by byte (a fifth of the time of a boot with containerd), and with `smap` it leaves the translated code twice for
  // each access to a process's memory.
  if (accelerator.name === 'tcg') {
    return { x86_64: 'max,erms=off,smap=off', aarch64: 'cortex-a72', riscv64: undefined }[arch];
  }
  return arch === 'riscv64' ? undefined : 'max';
}

/** Program, as one of the host's tools. */
export const programs = {
  x86_64: 'qemu-system-x86_64',
  aarch64: 'qemu-system-aarch64',
  riscv64: 'qemu-system-riscv64',
} as const satisfies Record<Arch, string>;

/** The arguments that fix what executes the guest's instructions: those of a probe and of the real machine alike. */
export function processorArguments(arch: Arch, accelerator: Accelerator): readonly string[] {
  const model = processorModel(arch, accelerator);
  return [
    '-machine',
    machineType(arch, accelerator),
    ...accelerator.arguments.flatMap((argument) => ['-accel', argument]),
    ...(model === undefined ? [] : ['-cpu', model]),
  ];
}
