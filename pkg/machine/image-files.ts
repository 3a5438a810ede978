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

/** How an image is booted: kernel and initrd, a kernel whose root is a squashfs disk, or an ISO. */
export type ImageKind = 'kernel' | 'squashfs' | 'iso';

/**
 * Finds `NAME-kernel`, `NAME-initrd.img` and `NAME-cmdline`; or `NAME-kernel`, `NAME-squashfs.img` and `NAME-cmdline`
 * (and `NAME-squashfs-initrd.img`, where there is one to mount it); or an ISO or disk image: NAME itself, or the only
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
    if (kind === 'iso') throw isoNotFound(name ?? prefix);
  }
  const files = kernelFiles(prefix, kind ?? (await kindOf(prefix)));
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
  readonly squashfs: string | undefined;
  readonly needed: readonly string[];
}

function kernelFiles(prefix: string, kind: 'kernel' | 'squashfs'): KernelFiles {
  const [kernel, cmdline] = [`${prefix}-kernel`, `${prefix}-cmdline`];
  if (kind !== 'squashfs') {
    const initrd = `${prefix}-initrd.img`;
    return { kernel, cmdline, initrd, squashfs: undefined, needed: [kernel, initrd, cmdline] };
  }
  const squashfs = `${prefix}-squashfs.img`;
  return { kernel, cmdline, initrd: `${prefix}-squashfs-initrd.img`, squashfs, needed: [kernel, squashfs, cmdline] };
}

async function kindOf(prefix: string): Promise<'kernel' | 'squashfs'> {
  if ((await sizeOf(`${prefix}-initrd.img`)) !== undefined) return 'kernel';
  return (await sizeOf(`${prefix}-squashfs.img`)) === undefined ? 'kernel' : 'squashfs';
}

function ofMedium(medium: BootMedium): ImageFiles {
  return { ...medium, needsUefi: isMadeForUefi(medium), rootDisk: undefined, arch: undefined, memory: undefined };
}

async function ofKernel(prefix: string, files: KernelFiles): Promise<ImageFiles> {
  const { kernel, initrd, squashfs } = files;
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
      cmdline: squashfs === undefined || /\broot=/.test(cmdline) ? cmdline : `${cmdline} root=/dev/vda`.trim(),
    },
    needsUefi: false,
    rootDisk: squashfs === undefined ? undefined : { path: squashfs, format: 'raw', readOnly: true },
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
