import { access, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { MachineError } from './error.ts';
import type { Arch, Boot, DiskFormat } from './types.ts';

/** A file that a machine's firmware boots by itself. */
export interface BootMedium {
  readonly name: string;
  readonly prefix: string;
  readonly boot: Extract<Boot, { readonly kind: 'iso' | 'disk' }>;
}

const extension = /\.(iso|qcow2|img|raw)$/;

/** An ISO, qcow2 or raw image at `file`, known by its name; `undefined` when there is none. */
export async function findBootMedium(file: string): Promise<BootMedium | undefined> {
  const kind = extension.exec(file)?.[1];
  const status = kind === undefined ? undefined : await stat(file).catch(() => undefined);
  if (status === undefined || status.isDirectory()) return undefined;
  const prefix = file.replace(extension, '');
  const name = path.basename(prefix);
  if (kind === 'iso') return { name, prefix, boot: { kind: 'iso', file, format: 'raw' } };
  return { name, prefix, boot: { kind: 'disk', file, format: await diskFormat(file, kind === 'img') } };
}

/** `.img` is qcow2 in LinuxKit's state folders and raw everywhere else, so there its content decides. */
async function diskFormat(file: string, look: boolean): Promise<DiskFormat> {
  if (!look) return file.endsWith('.qcow2') ? 'qcow2' : 'raw';
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === 'QFI\xfb' ? 'qcow2' : 'raw';
  } finally {
    await handle.close();
  }
}

/** Where distributions keep UEFI for virtual machines that `-bios` can load. */
const firmwareFiles: Readonly<Record<Arch, readonly string[]>> = {
  x86_64: ['/usr/share/ovmf/OVMF.fd', '/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_CODE.fd'],
  aarch64: ['/usr/share/qemu-efi-aarch64/QEMU_EFI.fd', '/usr/share/edk2/aarch64/QEMU_EFI.fd'],
  riscv64: ['/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd'],
};

/** @throws {MachineError} `missing-firmware` when this host has none */
export async function findFirmware(arch: Arch): Promise<string> {
  for (const file of firmwareFiles[arch]) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  const packages = { x86_64: 'ovmf', aarch64: 'qemu-efi-aarch64', riscv64: 'qemu-efi-riscv64' }[arch];
  throw new MachineError('missing-firmware', `there is no UEFI firmware for ${arch} on this host`, {
    hint: `Install it (Debian: sudo apt-get install ${packages}), or name its file with -fw.`,
  });
}
