import type { Format } from './catalog.ts';
import { gcp } from './gcp.ts';
import { isoBios, isoEfi, isoEfiInitrd } from './iso.ts';
import { tarKernelInitrd, uki } from './kernel.ts';
import { ociDisk } from './oci-disk.ts';
import type { Writer } from './product.ts';
import { converted, raw } from './raw.ts';
import { raspberryPi } from './raspberry-pi.ts';
import { docker, kernelErofs, kernelIso, kernelSquashfs, tar } from './tree.ts';

/** What writes each format but the default, which has its own way (`writeKernelInitrd`). */
export const writers: Readonly<Record<Exclude<Format, 'kernel+initrd'>, Writer>> = {
  'kernel+squashfs': kernelSquashfs,
  'kernel+erofs': kernelErofs,
  'kernel+iso': kernelIso,
  tar,
  docker,
  'tar-kernel-initrd': tarKernelInitrd,
  'iso-bios': isoBios,
  'iso-efi': isoEfi,
  'iso-efi-initrd': isoEfiInitrd,
  'raw-bios': raw('-bios.img', (disks) => disks.bios()),
  'raw-efi': raw('-efi.img', (disks) => disks.efi()),
  'qcow2-bios': converted('.qcow2', 'qcow2', (disks) => disks.bios()),
  'qcow2-efi': converted('-efi.qcow2', 'qcow2', (disks) => disks.efi()),
  vhd: converted('.vhd', 'vhd', (disks) => disks.machine()),
  'dynamic-vhd': converted('-dynamic.vhd', 'dynamic-vhd', (disks) => disks.machine()),
  vmdk: converted('.vmdk', 'vmdk', (disks) => disks.machine()),
  aws: raw('.raw', (disks) => disks.machine()),
  gcp,
  rpi3: raspberryPi,
  uki,
  sd: ({ disks }) => [{ suffix: '-sd.img', write: (target) => disks.sd(target) }],
  'oci-disk': ociDisk,
};
