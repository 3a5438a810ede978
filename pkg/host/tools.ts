/** A program that lkit starts and the package that has it, for each package manager. */
export interface Tool {
  readonly purpose: string;
  readonly packages: Readonly<Record<PackageManager, string | undefined>>;
}

export type PackageManager = 'apt' | 'dnf' | 'apk' | 'brew';

const everywhere = (name: string): Tool['packages'] => ({ apt: name, dnf: name, apk: name, brew: name });
const qemuSystem = (apt: string, dnf: string, apk: string): Tool['packages'] => ({ apt, dnf, apk, brew: 'qemu' });
const nowhere: Tool['packages'] = { apt: undefined, dnf: undefined, apk: undefined, brew: undefined };

/** Every program that lkit may start on the host. */
export const tools = {
  mksquashfs: {
    purpose: 'packs images into squashfs',
    packages: { apt: 'squashfs-tools', dnf: 'squashfs-tools', apk: 'squashfs-tools', brew: 'squashfs' },
  },
  'apt-get': {
    purpose: 'downloads Debian packages',
    packages: { apt: 'apt', dnf: 'apt', apk: undefined, brew: undefined },
  },
  'apt-cache': {
    purpose: 'looks Debian packages up',
    packages: { apt: 'apt', dnf: 'apt', apk: undefined, brew: undefined },
  },
  'apt-config': {
    purpose: "reads the host's download settings",
    packages: { apt: 'apt', dnf: 'apt', apk: undefined, brew: undefined },
  },
  'dpkg-deb': { purpose: 'unpacks Debian packages', packages: everywhere('dpkg') },
  depmod: { purpose: 'indexes kernel modules', packages: everywhere('kmod') },
  xz: {
    purpose: 'decompresses the kernel',
    packages: { apt: 'xz-utils', dnf: 'xz', apk: 'xz', brew: 'xz' },
  },
  tar: { purpose: 'writes the files of an image', packages: { apt: 'tar', dnf: 'tar', apk: 'tar', brew: 'gnu-tar' } },
  make: { purpose: 'compiles kernel modules', packages: everywhere('make') },
  gcc: { purpose: 'compiles kernel modules', packages: everywhere('gcc') },
  'aarch64-linux-gnu-gcc': {
    purpose: 'compiles kernel modules for arm64',
    packages: {
      apt: 'gcc-aarch64-linux-gnu',
      dnf: 'gcc-aarch64-linux-gnu',
      apk: undefined,
      brew: undefined,
    },
  },
  zstd: { purpose: 'compresses and decompresses layers', packages: everywhere('zstd') },
  getfattr: {
    purpose: 'reads the extended attributes of files',
    packages: { apt: 'attr', dnf: 'attr', apk: 'attr', brew: undefined },
  },
  ssh: {
    purpose: 'reaches a container engine on another machine',
    packages: { apt: 'openssh-client', dnf: 'openssh-clients', apk: 'openssh-client', brew: 'openssh' },
  },
  mformat: { purpose: 'makes boot partitions', packages: everywhere('mtools') },
  mmd: { purpose: 'makes folders in boot partitions', packages: everywhere('mtools') },
  mcopy: { purpose: 'copies files to boot partitions', packages: everywhere('mtools') },
  syslinux: {
    purpose: 'makes disks boot on a PC without UEFI; for x86 hosts only',
    packages: { apt: 'syslinux', dnf: 'syslinux', apk: 'syslinux', brew: undefined },
  },
  xorriso: { purpose: 'makes ISO images', packages: everywhere('xorriso') },
  bsdtar: {
    purpose: 'makes ISO 9660 file systems of whole trees',
    packages: { apt: 'libarchive-tools', dnf: 'bsdtar', apk: 'libarchive-tools', brew: 'libarchive' },
  },
  faketime: {
    purpose: 'stops the clock for programs that write dates',
    packages: { apt: 'faketime', dnf: 'libfaketime', apk: 'libfaketime', brew: 'libfaketime' },
  },
  mke2fs: {
    purpose: 'makes ext4 file systems',
    packages: everywhere('e2fsprogs'),
  },
  'qemu-img': {
    purpose: 'makes disk images',
    packages: { apt: 'qemu-utils', dnf: 'qemu-img', apk: 'qemu-img', brew: 'qemu' },
  },
  'qemu-system-x86_64': {
    purpose: 'runs x86_64 machines',
    packages: qemuSystem('qemu-system-x86', 'qemu-system-x86-core', 'qemu-system-x86_64'),
  },
  'qemu-system-aarch64': {
    purpose: 'runs aarch64 machines',
    packages: qemuSystem('qemu-system-arm', 'qemu-system-aarch64-core', 'qemu-system-aarch64'),
  },
  'qemu-system-riscv64': {
    purpose: 'runs riscv64 machines',
    packages: qemuSystem('qemu-system-misc', 'qemu-system-riscv-core', 'qemu-system-riscv64'),
  },
  // Homebrew no longer builds hyperkit; nobody packages vpnkit.
  hyperkit: { purpose: 'runs machines on a Mac with an Intel processor', packages: nowhere },
  vpnkit: { purpose: "is the network of hyperkit's machines", packages: nowhere },
  vfkit: { purpose: 'runs machines on a Mac', packages: { ...nowhere, brew: 'vfkit' } },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;
