/** A machine's architecture, in QEMU's names. */
export type Arch = 'x86_64' | 'aarch64' | 'riscv64';

/** Everything about a machine that does not depend on what runs it. Paths are absolute. */
export interface MachineSpec {
  readonly name: string;
  readonly arch: Arch;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly boot: Boot;
  readonly disks: readonly DiskImage[];
  /** ISO images in optical drives, beside the one that is booted. */
  readonly discs?: readonly string[];
  readonly shares?: readonly Share[];
  readonly network: Network;
  readonly identity: MachineIdentity;
}

/** `firmware`: what boots it, where that is not the machine's own. */
export type Boot = KernelBoot | MediumBoot;

/** A kernel that the machine, not its firmware, loads. Without an initrd its root is the first disk. */
export interface KernelBoot {
  readonly kind: 'kernel';
  readonly kernel: string;
  readonly initrd?: string;
  readonly cmdline: string;
  readonly firmware?: string;
}

export interface MediumBoot {
  readonly kind: 'iso' | 'disk';
  readonly file: string;
  readonly format: ImageFormat;
  readonly firmware?: string;
}

/** The formats of disks that lkit makes. */
export type DiskFormat = 'qcow2' | 'raw';

/** The formats of disks that it boots. */
export type ImageFormat = DiskFormat | 'vmdk' | 'vhd' | 'vhdx' | 'vdi';

/** A disk image that exists. */
export interface DiskImage {
  readonly path: string;
  readonly format: DiskFormat;
  readonly readOnly?: boolean;
}

/** A folder of the host that the guest can mount. */
export interface Share {
  readonly folder: string;
  /** What the guest calls it. */
  readonly tag: string;
  readonly readOnly: boolean;
  /** @default what the backend can do */
  readonly transport?: 'virtiofs';
}

export type Network =
  | { readonly kind: 'none' }
  | { readonly kind: 'user'; readonly publish: readonly PublishedPort[] }
  | { readonly kind: 'bridge' | 'tap'; readonly name: string };

/** A port of the guest that is reached through one of the host's. */
export interface PublishedPort {
  /** The host's address to listen on; '' means all. */
  readonly address: string;
  readonly host: number;
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

/** What must stay the same between two runs, for the guest to recognise its own leases and licences. */
export interface MachineIdentity {
  readonly uuid: string;
  readonly mac: string;
}
