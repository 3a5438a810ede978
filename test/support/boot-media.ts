import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { lkit } from './lkit.ts';

const run = promisify(execFile);

/** What a boot medium holds, as paths. The kernel is the one that firmware can start, not an ELF file. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
  readonly cmdline: string;
}

/** The files of an image that was built in `folder`, with pkg:kernel's `kernel` and `kernel.tar` unpacked beside them. */
export async function bootFiles(folder: string, name: string): Promise<BootFiles> {
  const { stdout: built } = await lkit(['pkg', 'build', 'kernel']);
  const digest = /sha256:[0-9a-f]{64}/.exec(built)?.[0] ?? '';
  const tar = path.join(folder, 'kernel-image.tar');
  await lkit(['cache', 'export', '--format', 'files', '-o', tar, digest]);
  await run('tar', ['-xf', tar, '-C', folder, 'kernel', 'kernel.tar']);
  const file = (suffix: string): string => path.join(folder, name + suffix);
  return { kernel: path.join(folder, 'kernel'), initrd: file('-initrd.img'), cmdline: file('-cmdline') };
}

/** An ISO that a PC's BIOS boots, as an optical disc and as a disk, by ISOLINUX. */
export async function makeBiosIso(image: string, files: BootFiles): Promise<void> {
  const tree = `${image}.tree`;
  await mkdir(tree);
  await copyFile(files.kernel, path.join(tree, 'kernel'));
  await copyFile(files.initrd, path.join(tree, 'initrd.img'));
  await copyFile('/usr/lib/ISOLINUX/isolinux.bin', path.join(tree, 'isolinux.bin'));
  await chmod(path.join(tree, 'isolinux.bin'), 0o644);
  await copyFile('/usr/lib/syslinux/modules/bios/ldlinux.c32', path.join(tree, 'ldlinux.c32'));
  const cmdline = (await readFile(files.cmdline, 'utf8')).trim();
  const entry = `DEFAULT lkit\nLABEL lkit\n KERNEL /kernel\n INITRD /initrd.img\n APPEND ${cmdline}\n`;
  await writeFile(path.join(tree, 'isolinux.cfg'), entry);
  await run('xorriso', [
    ...['-as', 'mkisofs', '-quiet', '-o', image, '-b', 'isolinux.bin', '-c', 'boot.cat'],
    ...['-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'],
    ...['-isohybrid-mbr', '/usr/lib/ISOLINUX/isohdpfx.bin', tree],
  ]);
}

/** A GPT disk whose EFI system partition holds kernel and initrd as one program, made by systemd's stub. */
export async function makeUefiDisk(image: string, files: BootFiles): Promise<void> {
  const [program, partition] = [`${image}.efi`, `${image}.esp`];
  // At addresses that leave room between them: https://wiki.archlinux.org/title/Unified_kernel_image#Manually
  const sections = [
    ['.cmdline', files.cmdline, '0x30000'],
    ['.linux', files.kernel, '0x2000000'],
    ['.initrd', files.initrd, '0x4000000'],
  ] as const;
  await run('objcopy', [
    ...sections.flatMap(([name, file, address]) => [
      ...['--add-section', `${name}=${file}`, '--change-section-vma', `${name}=${address}`],
    ]),
    ...['/usr/lib/systemd/boot/efi/linuxx64.efi.stub', program],
  ]);
  await run('mformat', ['-C', '-i', partition, '-T', String(48 * 2048), '::']);
  await run('mmd', ['-i', partition, '::EFI', '::EFI/BOOT']);
  await run('mcopy', ['-i', partition, program, '::EFI/BOOT/BOOTX64.EFI']);
  await writeFile(image, '');
  await truncate(image, 50 * 1024 * 1024);
  await run('sgdisk', ['--new=1:2048:+48M', '--typecode=1:ef00', image]);
  await run('dd', [`if=${partition}`, `of=${image}`, 'bs=1M', 'seek=1', 'conv=notrunc']);
}

/**
 * `NAME-squashfs.img` and what boots from it: an initrd that mounts the disk named by `root=` and moves there, because
 * Debian's kernel has its drivers in modules.
 *
 * @param init the system: one shell script
 */
export async function makeSquashfs(prefix: string, files: BootFiles, init: string): Promise<void> {
  const [tree, initrd] = [`${prefix}.tree`, `${prefix}.initrd`];
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'mnt']) {
    await mkdir(path.join(tree, folder), { recursive: true });
    await mkdir(path.join(initrd, folder), { recursive: true });
  }
  await mkdir(path.join(tree, 'sbin'));
  await writeFile(path.join(tree, 'sbin/init'), `#!/bin/busybox sh\n${init}`, { mode: 0o755 });
  const switchRoot = `#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
for name in virtio_pci virtio_blk squashfs; do busybox modprobe $name; done
root=$(busybox sed 's/.*root=\\([^ ]*\\).*/\\1/' /proc/cmdline)
busybox mount -t squashfs -o ro "$root" /mnt
exec busybox switch_root /mnt /sbin/init
`;
  await writeFile(path.join(initrd, 'init'), switchRoot, { mode: 0o755 });
  for (const folder of [tree, initrd]) await copyFile('/bin/busybox', path.join(folder, 'bin/busybox'));
  const modules = ['*/modules.*', '*/drivers/virtio/*', '*/drivers/block/virtio_blk.ko', '*/fs/squashfs/*'];
  const archive = path.join(path.dirname(files.kernel), 'kernel.tar');
  await run('tar', ['-xf', archive, '-C', initrd, '--wildcards', ...modules]);
  await run('sh', [
    '-c',
    'cd "$1" && find . | cpio --quiet -o -H newc >"$2"',
    '',
    initrd,
    `${prefix}-squashfs-initrd.img`,
  ]);
  await run('mksquashfs', [tree, `${prefix}-squashfs.img`, '-quiet', '-no-progress', '-all-root']);
}
