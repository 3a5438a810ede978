import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { didYouMean, isErrno } from '../errors/index.ts';
import { archOfKernel } from './arch.ts';
import { badInput, type MachineError } from './error.ts';
import { findBootMedium } from './boot-medium.ts';
import type { Arch, Boot } from './types.ts';

/** What a build left behind, found by its prefix. */
export interface ImageFiles {
  /** The prefix without its folder: the machine's name. */
  readonly name: string;
  /** The prefix as an absolute path. */
  readonly prefix: string;
  readonly boot: Boot;
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
  readonly initrdIsCompressed: boolean;
}

const suffixes = { kernel: '-kernel', initrd: '-initrd.img', cmdline: '-cmdline' } as const;

/**
 * Finds `NAME-kernel`, `NAME-initrd.img` and `NAME-cmdline`; or, where NAME is the path of an ISO or disk image, that.
 * Without a NAME it takes the only image of the folder.
 *
 * @throws {MachineError} `no-image` or `several-images`, saying how to come by one
 */
export async function findImage(name: string | undefined, folder: string): Promise<ImageFiles> {
  const prefix = path.resolve(folder, name ?? (await onlyImage(folder)));
  const medium = await findBootMedium(prefix);
  if (medium !== undefined) return { ...medium, arch: undefined, memory: undefined };
  const files = {
    kernel: prefix + suffixes.kernel,
    initrd: prefix + suffixes.initrd,
    cmdline: prefix + suffixes.cmdline,
  };
  const missing = [];
  for (const file of Object.values(files)) if ((await sizeOf(file)) === undefined) missing.push(file);
  if (missing.length > 0) throw await notFound(name ?? path.basename(prefix), prefix, missing, folder);
  const [kernelHead, initrdHead] = [await readHead(files.kernel), await readHead(files.initrd)];
  return {
    name: path.basename(prefix),
    prefix,
    boot: {
      kind: 'kernel',
      kernel: files.kernel,
      initrd: files.initrd,
      cmdline: (await readFile(files.cmdline, 'utf8')).trim(),
    },
    arch: archOfKernel(kernelHead),
    memory: {
      kernelBytes: (await sizeOf(files.kernel)) ?? 0,
      kernelIsCompressed: isCompressedKernel(kernelHead),
      initrdBytes: (await sizeOf(files.initrd)) ?? 0,
      initrdIsCompressed: initrdHead.toString('latin1', 0, 5) !== '07070',
    },
  };
}

/** The prefixes for which a folder holds a whole image, sorted. */
export async function listImages(folder: string): Promise<readonly string[]> {
  const names = new Set(await readdir(folder).catch(() => []));
  return [...names]
    .filter((file) => file.endsWith(suffixes.kernel))
    .map((file) => file.slice(0, -suffixes.kernel.length))
    .filter((name) => name !== '' && names.has(name + suffixes.initrd) && names.has(name + suffixes.cmdline))
    .sort();
}

async function onlyImage(folder: string): Promise<string> {
  const [first, ...others] = await listImages(folder);
  if (first === undefined) {
    throw badInput('no-image', `there is no image in ${folder}`, 'Build one first: lkit build NAME.yml');
  }
  if (others.length === 0) return first;
  const all = [first, ...others].join(', ');
  throw badInput('several-images', `which image? ${folder} has ${all}`, `Name one: lkit run ${first}`);
}

async function notFound(
  name: string,
  prefix: string,
  missing: readonly string[],
  folder: string,
): Promise<MachineError> {
  const show = (file: string): string => (path.isAbsolute(name) ? file : path.relative(folder, file));
  if (/\.ya?ml$/.test(name)) {
    const built = path.basename(name).replace(/\.ya?ml$/, '');
    const hint = `Build it, then run what was built: lkit build ${name} && lkit run ${built}`;
    return badInput('no-image', `${name} is the description of an image, not an image`, hint);
  }
  if (missing.length < Object.keys(suffixes).length) {
    const hint = `Build it again: lkit build ${name}.yml`;
    return badInput(
      'no-image',
      `the image ${name} is not complete: there is no ${missing.map(show).join(', no ')}`,
      hint,
    );
  }
  const near = didYouMean(path.basename(prefix), await listImages(path.dirname(prefix)));
  const hint = `Build it: lkit build ${name}.yml`;
  return badInput('no-image', `there is no image ${name}${near}: no ${missing.map(show).join(', no ')}`, hint);
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

/** The first KiB of a file, in which every kernel format says what it is. */
export async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** An ELF file and arm64's and riscv64's `Image` are as large as they get; x86's `bzImage` unpacks itself. */
function isCompressedKernel(head: Buffer): boolean {
  return (
    head.toString('latin1', 0, 4) !== '\x7fELF' && !['ARM\x64', 'RSC\x05'].includes(head.toString('latin1', 0x38, 0x3c))
  );
}
