import { badInput, MachineError } from './error.ts';
import type { Arch, DiskImage, KernelBoot, MachineSpec, MediumBoot } from './types.ts';

/** The machine that lkit runs on. */
export interface Host {
  /** As `process.platform` has it. */
  readonly platform: string;
  readonly arch: Arch | undefined;
}

/** @throws {MachineError} `wrong-host`, naming what runs everywhere */
export function requireMac(
  { platform, arch }: Host,
  hypervisor: string,
  machine: MachineSpec,
  archs: readonly Arch[],
): void {
  const hint = `QEMU runs it here: lkit run qemu ${machine.name}`;
  if (platform !== 'darwin' || arch === undefined || !archs.includes(arch)) {
    const macs = archs.includes('aarch64') ? 'Macs' : 'Macs with an Intel processor';
    const here = `${platform} on ${arch ?? 'an unknown processor'}`;
    throw new MachineError('wrong-host', `${hypervisor} runs on ${macs} only; this host is ${here}`, { hint });
  }
  if (machine.arch === arch) return;
  const message = `${hypervisor} runs machines of the host's architecture: ${arch}, not ${machine.arch}`;
  throw new MachineError('wrong-host', message, { kind: 'input', hint });
}

/** @throws {MachineError} `bad-path`: a comma ends a value on the command lines of these programs, and none escapes it */
export function withoutComma(file: string, hypervisor: string): string {
  if (!file.includes(',')) return file;
  throw badInput('bad-path', `${hypervisor} takes no path with a comma: ${file}`, 'Move or link it to another path.');
}

/**
 * A disk to boot from, in one of the formats that lkit makes disks in.
 *
 * @throws {MachineError} `bad-disk` for those that only QEMU reads
 */
export function bootDisk({ file, format }: MediumBoot, backend: string): DiskImage {
  if (format === 'raw' || format === 'qcow2') return { path: file, format };
  throw badInput('bad-disk', `${backend} does not boot ${file}`, 'It boots raw and qcow2 images; QEMU boots this one.');
}

/** @throws {MachineError} `bad-options` for a system whose root is a disk */
export function requireInitrd({ kernel, initrd }: KernelBoot, backend: string): string {
  if (initrd !== undefined) return initrd;
  throw badInput(
    'bad-options',
    `${backend} boots ${kernel} with an initrd only`,
    'QEMU boots it: lkit run qemu -squashfs',
  );
}
