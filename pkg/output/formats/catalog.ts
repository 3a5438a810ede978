import type { ToolName } from '../../host/index.ts';
import type { Architecture } from '../../image/index.ts';

/** lkit's own packages with what firmware starts. */
export type LoaderName = 'bios-boot' | 'efi-boot';

/** What a format takes on one architecture. */
export interface FormatNeeds {
  /** Beside `mksquashfs`, which every build needs. */
  readonly tools: readonly ToolName[];
  readonly loader?: LoaderName;
}

export interface FormatFacts {
  /** One line for people. */
  readonly summary: string;
  /** What follows the system's name in the name of each file. */
  readonly files: readonly string[];
  /** The same for a file that is there only if the kernel has drivers that its root needs as modules. */
  readonly initrd?: string;
  /** The architectures that it exists for. */
  readonly on: Readonly<Partial<Record<Architecture, FormatNeeds>>>;
  /** Can be written to a pipe. */
  readonly streams?: true;
  /** Obeys `--size`. */
  readonly sized?: true;
}

const fat: readonly ToolName[] = ['mformat', 'mmd', 'mcopy'];
const bios = (...more: readonly ToolName[]): FormatNeeds => ({
  tools: [...fat, 'syslinux', ...more],
  loader: 'bios-boot',
});
const efi = (...more: readonly ToolName[]): FormatNeeds => ({ tools: [...fat, ...more], loader: 'efi-boot' });

const everywhere = (...tools: readonly ToolName[]): FormatFacts['on'] => {
  const needs = { tools };
  return { amd64: needs, arm64: needs, riscv64: needs };
};
const efiOnly = (...more: readonly ToolName[]): FormatFacts['on'] => ({ amd64: efi(...more), arm64: efi(...more) });
/** What clouds and hypervisors boot: a PC through its BIOS, an arm64 machine through UEFI. */
const machineDisk = (...more: readonly ToolName[]): FormatFacts['on'] => ({
  amd64: bios(...more),
  arm64: efi(...more),
});

/**
 * What `lkit build --format` can write. File names are LinuxKit's, except where two of its formats write the same file:
 * there, the second one's has a name of its own.
 */
export const formats = {
  'kernel+initrd': {
    summary: 'kernel, initrd and command line, for lkit run (the default)',
    files: ['-kernel', '-initrd.img', '-cmdline'],
    on: everywhere(),
  },
  'kernel+squashfs': {
    summary: 'kernel, command line and the root as a squashfs disk, which takes no memory',
    files: ['-kernel', '-cmdline', '-squashfs.img'],
    initrd: '-squashfs-initrd.img',
    on: everywhere(),
  },
  'kernel+erofs': {
    summary: 'the same with the root as EROFS',
    files: ['-kernel', '-cmdline', '-erofs.img'],
    initrd: '-erofs-initrd.img',
    on: everywhere(),
  },
  'kernel+iso': {
    summary: 'the same with the root as ISO 9660',
    files: ['-kernel', '-cmdline', '-root.iso'],
    initrd: '-iso-initrd.img',
    on: everywhere('bsdtar', 'faketime'),
  },
  tar: {
    summary: 'every file of the system, with boot/kernel and boot/cmdline',
    files: ['.tar'],
    on: everywhere(),
    streams: true,
  },
  docker: {
    summary: 'the same with a Dockerfile: a build context',
    files: ['.docker'],
    on: everywhere(),
    streams: true,
  },
  'tar-kernel-initrd': {
    summary: 'a tar of kernel, initrd.img and cmdline',
    files: ['-initrd.tar'],
    on: everywhere(),
    streams: true,
  },
  'iso-bios': {
    summary: 'CD (or USB stick) that a PC boots through its BIOS',
    files: ['.iso'],
    on: { amd64: { tools: ['xorriso'], loader: 'bios-boot' } },
  },
  'iso-efi': {
    summary: 'CD (or USB stick) that UEFI boots; kernel and initrd in one EFI program',
    files: ['-efi.iso'],
    on: efiOnly('xorriso'),
  },
  'iso-efi-initrd': {
    summary: 'the same with kernel and initrd as files, which systemd-boot loads',
    files: ['-efi-initrd.iso'],
    on: efiOnly('xorriso'),
  },
  'raw-bios': {
    summary: 'disk that a PC boots through its BIOS',
    files: ['-bios.img'],
    on: { amd64: bios() },
    sized: true,
  },
  'raw-efi': {
    summary: 'disk that UEFI boots',
    files: ['-efi.img'],
    on: efiOnly(),
    sized: true,
  },
  'qcow2-bios': {
    summary: 'raw-bios as qcow2',
    files: ['.qcow2'],
    on: { amd64: bios('qemu-img') },
    sized: true,
  },
  'qcow2-efi': {
    summary: 'raw-efi as qcow2',
    files: ['-efi.qcow2'],
    on: efiOnly('qemu-img'),
    sized: true,
  },
  vhd: {
    summary: 'disk for Azure and Hyper-V, of fixed size',
    files: ['.vhd'],
    on: machineDisk('qemu-img'),
    sized: true,
  },
  'dynamic-vhd': {
    summary: 'disk for Hyper-V that takes only the space it uses',
    files: ['-dynamic.vhd'],
    on: machineDisk('qemu-img'),
    sized: true,
  },
  vmdk: {
    summary: 'disk for VMware, compressed (streamOptimized)',
    files: ['.vmdk'],
    on: machineDisk('qemu-img'),
    sized: true,
  },
  aws: {
    summary: 'disk for AWS, to import as a snapshot',
    files: ['.raw'],
    on: machineDisk(),
    sized: true,
  },
  gcp: {
    summary: 'disk for Google Cloud: disk.raw, of whole GiB, in a tar.gz',
    files: ['.img.tar.gz'],
    on: machineDisk(),
    streams: true,
    sized: true,
  },
  rpi3: {
    summary: 'SD card for Raspberry Pi 3 and 4, also called rpi; needs --firmware',
    files: ['-rpi3.img'],
    on: { arm64: { tools: fat } },
    sized: true,
  },
  uki: {
    summary: 'one EFI program with kernel and initrd, to be signed or booted from the network',
    files: ['.efi'],
    on: { amd64: { tools: [], loader: 'efi-boot' }, arm64: { tools: [], loader: 'efi-boot' } },
  },
  sd: {
    summary: 'raw-efi with a second partition for data that lasts, mounted at /var/lib (--data-size)',
    files: ['-sd.img'],
    on: efiOnly('mke2fs'),
  },
  'oci-disk': {
    summary: 'a disk in an OCI image, as KubeVirt boots it; also in the store, for lkit cache push',
    files: ['-disk.oci.tar'],
    on: machineDisk('qemu-img'),
    sized: true,
  },
} as const satisfies Readonly<Record<string, FormatFacts>>;

export type Format = keyof typeof formats;

/** Other names of formats. */
export const formatAliases: Readonly<Record<string, Format>> = { rpi: 'rpi3' };

export const formatNames = Object.keys(formats) as readonly Format[];

/** A format's facts, without what TypeScript knows of this one. */
export function factsOf(format: Format): FormatFacts {
  return formats[format];
}
