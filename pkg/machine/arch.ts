import { didYouMean } from '../errors/index.ts';
import { badInput } from './error.ts';
import type { Arch } from './types.ts';

const names: Readonly<Record<string, Arch>> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  x64: 'x86_64',
  aarch64: 'aarch64',
  arm64: 'aarch64',
  riscv64: 'riscv64',
};

/** The architecture of any of its names; `undefined` for one that lkit has no machines of. */
export function knownArch(name: string): Arch | undefined {
  return names[name];
}

/**
 * Takes QEMU's, Debian's, Go's and Node.js's names.
 *
 * @throws {MachineError} `bad-arch`
 */
export function parseArch(text: string): Arch {
  const arch = knownArch(text);
  if (arch !== undefined) return arch;
  const known = 'Known architectures: x86_64 (amd64), aarch64 (arm64), riscv64.';
  throw badInput('bad-arch', `unknown architecture "${text}"${didYouMean(text, Object.keys(names))}`, known);
}

/** The architecture of a kernel, from the first bytes of its file; `undefined` when they do not tell. */
export function archOfKernel(head: Uint8Array): Arch | undefined {
  const view = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const at = (offset: number, text: string): boolean =>
    view.length >= offset + text.length && view.toString('latin1', offset, offset + text.length) === text;
  // e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
  if (at(0, '\x7fELF') && view.length >= 20) return elfMachines[view.readUInt16LE(18)];
  // Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst
  if (at(0x202, 'HdrS')) return 'x86_64';
  if (at(0x38, 'ARM\x64')) return 'aarch64';
  if (at(0x38, 'RSC\x05')) return 'riscv64';
  return undefined;
}

const elfMachines: Readonly<Record<number, Arch>> = { 62: 'x86_64', 183: 'aarch64', 243: 'riscv64' };
