import { MachineError } from './error.ts';
import { fileExists } from './file-exists.ts';
import type { Arch } from './types.ts';

/** Where QEMU's own packages keep firmware: most distributions', Homebrew's on Apple's processors and on Intel's. */
const shareFolders = ['/usr/share/qemu', '/opt/homebrew/share/qemu', '/usr/local/share/qemu'];

/** UEFI for virtual machines, as one file that needs no variables beside it. */
const firmwareFiles: Readonly<Record<Arch, readonly string[]>> = {
  x86_64: [
    ...['/usr/share/ovmf/OVMF.fd', '/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_CODE_4M.fd'],
    ...['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/x64/OVMF_CODE.4m.fd'],
    ...shareFolders.map((folder) => `${folder}/edk2-x86_64-code.fd`),
  ],
  aarch64: [
    ...['/usr/share/qemu-efi-aarch64/QEMU_EFI.fd', '/usr/share/edk2/aarch64/QEMU_EFI.fd'],
    ...shareFolders.map((folder) => `${folder}/edk2-aarch64-code.fd`),
  ],
  // QEMU takes it as a pair of flash images there, in an order that has changed between its versions.
  riscv64: [],
};

/** @throws {MachineError} `missing-firmware` when this host has none */
export async function findFirmware(arch: Arch): Promise<string> {
  for (const file of firmwareFiles[arch]) if (await fileExists(file)) return file;
  if (arch === 'riscv64') {
    throw new MachineError('missing-firmware', 'lkit cannot boot riscv64 machines through UEFI', { kind: 'input' });
  }
  const debianPackage = { x86_64: 'ovmf', aarch64: 'qemu-efi-aarch64' }[arch];
  throw new MachineError('missing-firmware', `there is no UEFI firmware for ${arch} on this host`, {
    hint: `Install it (Debian: sudo apt-get install ${debianPackage}), or name its file with -fw.`,
  });
}

/** @throws {MachineError} `missing-firmware` when there is no such file */
export async function requireFirmware(file: string): Promise<string> {
  if (await fileExists(file)) return file;
  throw new MachineError('missing-firmware', `there is no firmware ${file}`, {
    kind: 'input',
    hint: 'Without -fw, -uefi takes the firmware of this host.',
  });
}
