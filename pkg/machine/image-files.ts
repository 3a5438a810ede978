import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { archOfKernel } from './arch.ts';
import { type BootMedium, builtMedia, findBootMedium, isMadeForUefi } from './boot-medium.ts';
import { isElf, readHead } from './file-head.ts';
import { plainInitrdBytes } from './initrd.ts';
import { imageNotFound, isoNotFound, onlyImage, severalMedia } from './image-names.ts';
import type { Arch, Boot, DiskImage } from './types.ts';

/** What a build left behind, found by its prefix. */
export interface ImageFiles {
  /** The prefix without its folder: the machine's name. */
  readonly name: string;
  /** The prefix as an absolute path. */
  readonly prefix: string;
  readonly boot: Boot;
  /** Whether it boots through UEFI alone. */
  readonly needsUefi: boolean;
  /** The disk that has to be the machine's first, because the kernel's root is on it. */
  readonly rootDisk: DiskImage | undefined;
  /** What the kernel was compiled for, where its file tells. */
  readonly arch: Arch | undefined;
  /** `undefined` where the firmware, not lkit, loads the kernel. */
  readonly memory: MemoryClaims | undefined;
}

/** What of the image has to fit into the machine's memory. */
export interface MemoryClaims {
  readonly kernelBytes: number;
  readonly kernelIsCompressed: boolean;
  readonly initrdBytes: number;
  /** How much of the initrd is not compressed. */
  readonly initrdPlainBytes: number;
}

/** How an image is booted: a kernel with an initrd or its root on a disk, with it on a certain disk, or an ISO. */
export type ImageKind = 'kernel' | 'squashfs' | 'erofs' | 'iso';

/** The disks that a kernel's root can be on: the ends of their names, and of those of the initrds that mount them. */
const rootDisks = {
  squashfs: { disk: '-squashfs.img', initrd: '-squashfs-initrd.img' },
  erofs: { disk: '-erofs.img', initrd: '-erofs-initrd.img' },
  iso: { disk: '-root.iso', initrd: '-iso-initrd.img' },
} as const;
type RootDisk = keyof typeof rootDisks;

/**
 * Finds `NAME-kernel`, `NAME-initrd.img` and `NAME-cmdline`; or `NAME-kernel`, `NAME-cmdline` and the disk that its root
 * is on, such as `NAME-squashfs.img` (and `NAME-squashfs-initrd.img`, where there is one to mount it); or an ISO or disk image: NAME itself, or the only
 * one that a build wrote for that NAME. Without a NAME it takes the only image of the folder.
 *
 * @param kind the only kind to look for
 * @throws {MachineError} `no-image` or `several-images`, saying how to come by one
 */
export async function findImage(name: string | undefined, folder: string, kind?: ImageKind): Promise<ImageFiles> {
  const prefix = path.resolve(folder, name ?? (await onlyImage(folder)));
  if (kind === undefined || kind === 'iso') {
    const medium = (await findBootMedium(prefix, kind === 'iso')) ?? (kind && (await findBootMedium(`${prefix}.iso`)));
    if (medium !== undefined) return ofMedium(medium);
    if (kind === 'iso' && (await sizeOf(prefix + rootDisks.iso.disk)) === undefined) throw isoNotFound(name ?? prefix);
  }
  const files = kernelFiles(prefix, kind === undefined || kind === 'kernel' ? await rootDiskOf(prefix) : kind);
  const missing = [];
  for (const file of files.needed) if ((await sizeOf(file)) === undefined) missing.push(file);
  if (missing.length === 0) return await ofKernel(prefix, files);
  const media = kind === undefined ? await builtMedia(prefix) : [];
  if (media.length > 1) throw severalMedia(prefix, media);
  if (media[0] !== undefined) return ofMedium(media[0]);
  throw await imageNotFound({ name: name ?? path.basename(prefix), prefix, folder, missing, all: files.needed.length });
}

interface KernelFiles {
  readonly kernel: string;
  readonly cmdline: string;
  readonly initrd: string;
  readonly rootDisk: string | undefined;
  readonly needed: readonly string[];
}

function kernelFiles(prefix: string, root: RootDisk | undefined): KernelFiles {
  const [kernel, cmdline] = [`${prefix}-kernel`, `${prefix}-cmdline`];
  if (root === undefined) {
    const initrd = `${prefix}-initrd.img`;
    return { kernel, cmdline, initrd, rootDisk: undefined, needed: [kernel, initrd, cmdline] };
  }
  const rootDisk = prefix + rootDisks[root].disk;
  return { kernel, cmdline, initrd: prefix + rootDisks[root].initrd, rootDisk, needed: [kernel, rootDisk, cmdline] };
}

/** Of several disks the first, where there is no initrd with all of the system. */
async function rootDiskOf(prefix: string): Promise<RootDisk | undefined> {
  if ((await sizeOf(`${prefix}-initrd.img`)) !== undefined) return undefined;
  for (const root of ['squashfs', 'erofs', 'iso'] as const) {
    if ((await sizeOf(prefix + rootDisks[root].disk)) !== undefined) return root;
  }
  return undefined;
}

function ofMedium(medium: BootMedium): ImageFiles {
  return { ...medium, needsUefi: isMadeForUefi(medium), rootDisk: undefined, arch: undefined, memory: undefined };
}

async function ofKernel(prefix: string, files: KernelFiles): Promise<ImageFiles> {
  const { kernel, initrd, rootDisk } = files;
  const initrdBytes = await sizeOf(initrd);
  const kernelHead = await readHead(kernel);
  const cmdline = (await readFile(files.cmdline, 'utf8')).trim();
  return {
    name: path.basename(prefix),
    prefix,
    boot: {
      kind: 'kernel',
      kernel,
      ...(initrdBytes === undefined ? {} : { initrd }),
      cmdline: rootDisk === undefined || /\broot=/.test(cmdline) ? cmdline : `${cmdline} root=/dev/vda`.trim(),
    },
    needsUefi: false,
    rootDisk: rootDisk === undefined ? undefined : { path: rootDisk, format: 'raw', readOnly: true },
    arch: archOfKernel(kernelHead),
    memory: {
      kernelBytes: (await sizeOf(kernel)) ?? 0,
      kernelIsCompressed: isCompressedKernel(kernelHead),
      initrdBytes: initrdBytes ?? 0,
      initrdPlainBytes: initrdBytes === undefined ? 0 : await plainInitrdBytes(initrd),
    },
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const status = await stat(file);
    return status.isDirectory() ? undefined : status.size;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** An ELF file and arm64's and riscv64's `Image` are as large as they get; x86's `bzImage` unpacks itself. */
function isCompressedKernel(head: Buffer): boolean {
  return !isElf(head) && !['ARM\x64', 'RSC\x05'].includes(head.toString('latin1', 0x38, 0x3c));
}
