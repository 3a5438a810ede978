import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readHead } from './file-head.ts';
import type { ImageFormat, MediumBoot } from './types.ts';

/** A file that a machine's firmware boots by itself. */
export interface BootMedium {
  readonly name: string;
  readonly prefix: string;
  readonly boot: MediumBoot;
}

const extension = /\.(iso|qcow2|img|raw|vmdk|vhdx?|vdi)$/;
const formats: Readonly<Record<string, ImageFormat>> = {
  ...{ iso: 'raw', raw: 'raw', qcow2: 'qcow2', vmdk: 'vmdk', vhd: 'vhd', vhdx: 'vhdx', vdi: 'vdi' },
};

/**
 * An ISO or disk image at `file`, known by its name, else by its content; `undefined` when there is none.
 *
 * @param isIso whatever its name
 */
export async function findBootMedium(file: string, isIso = false): Promise<BootMedium | undefined> {
  const status = await stat(file).catch(() => undefined);
  if (status === undefined || status.isDirectory()) return undefined;
  const kind = extension.exec(file)?.[1] ?? '';
  const prefix = file.replace(extension, '');
  const name = path.basename(prefix);
  if (isIso || kind === 'iso') return { name, prefix, boot: { kind: 'iso', file, format: 'raw' } };
  // `.img` is qcow2 in LinuxKit's state folders and raw everywhere else.
  const format = formats[kind] ?? (await formatOfContent(file)) ?? (kind === 'img' ? 'raw' : undefined);
  return format && { name, prefix, boot: { kind: 'disk', file, format } };
}

async function formatOfContent(file: string): Promise<ImageFormat | undefined> {
  const head = await readHead(file, 512);
  const magic = head.toString('latin1', 0, 4);
  if (magic === 'QFI\xfb') return 'qcow2';
  if (magic === 'KDMV') return 'vmdk';
  // The signature of a boot sector, in front of a GPT as well (UEFI specification, 5.2.3).
  return head.length === 512 && head.readUInt16LE(510) === 0xaa55 ? 'raw' : undefined;
}

/** How the boot media are called that a build writes for a NAME. */
const builtSuffixes = [
  ...['.iso', '-bios.img', '.qcow2', '.raw', '.vmdk', '.vhd'],
  ...['-efi.iso', '-efi-initrd.iso', '-efi.img', '-efi.qcow2'],
];

/** The boot media of an image, by its prefix. */
export async function builtMedia(prefix: string): Promise<readonly BootMedium[]> {
  const found = await Promise.all(builtSuffixes.map((suffix) => findBootMedium(prefix + suffix)));
  return found.filter((medium) => medium !== undefined);
}

/** Whether the image is made for UEFI, by the name that a build gives it. */
export function isMadeForUefi({ prefix }: BootMedium): boolean {
  return /-efi(-initrd)?$/.test(prefix);
}
