import { readFile } from 'node:fs/promises';
import { bytePath, writeHostFile } from '../archive/index.ts';
import type { Location } from '../errors/index.ts';
import type { StoredImage } from '../image/index.ts';
import { type DerivedFile, imageFile, type Store } from '../store/index.ts';
import type { KernelFormat } from './format.ts';
import { KernelError } from './modules.ts';

/** Counts up when the files made here change for the same kernel image. */
const version = 1;

/** The same kernel, uncompressed: it starts in half the time where the processor is emulated. */
const elfKernel = 'vmlinux';

export interface KernelChoice {
  readonly image: StoredImage;
  readonly format: KernelFormat;
  readonly binary: string;
  /** Where the YAML names it. */
  readonly at: Location;
}

/**
 * The file to boot, out of a kernel image: where an ELF file is wanted its `vmlinux`, if it has one, else `binary`.
 *
 * @throws {KernelError} `no-kernel`
 */
export function extractKernel(store: Store, kernel: KernelChoice): Promise<DerivedFile> {
  if (kernel.format === 'bzimage') return extractKernelBinary(store, kernel);
  return extractFirst(store, kernel, [elfKernel, kernel.binary], 'kernel');
}

/** As `extractKernel`, but always `binary`: boot loaders and firmware start no ELF file. */
export function extractKernelBinary(store: Store, kernel: Omit<KernelChoice, 'format'>): Promise<DerivedFile> {
  return extractFirst(store, kernel, [kernel.binary], 'kernel-binary');
}

async function extractFirst(
  store: Store,
  { image, binary, at }: Omit<KernelChoice, 'format'>,
  names: readonly string[],
  kind: string,
): Promise<DerivedFile> {
  const key = { kind, version, inputs: { image: image.descriptor.digest, binary } };
  return await store.derived(key, async (target) => {
    for (const name of names) {
      for await (const { content } of imageFile(store, image, bytePath(name), { lend: true })) {
        await writeHostFile(target, content);
        return;
      }
    }
    throw new KernelError('no-kernel', `the kernel image has no file "${binary}"`, {
      kind: 'input',
      at,
      hint: 'Name an image that has a kernel under "kernel: image:", or the file in it with "kernel: binary:".',
    });
  });
}

/**
 * The microcode archive of a kernel image, for the front of the initrd (the kernel's Documentation/arch/x86/microcode.rst).
 *
 * @returns the path of a file in the store
 * @throws {KernelError} `no-ucode`, `bad-ucode`
 */
export async function extractUcode(
  store: Store,
  { image, ucode, at }: { readonly image: StoredImage; readonly ucode: string; readonly at: Location },
): Promise<string> {
  const key = { kind: 'ucode', version, inputs: { image: image.descriptor.digest, ucode } };
  const derived = await store.derived(key, async (target) => {
    for await (const { content } of imageFile(store, image, bytePath(ucode), { lend: true })) {
      await writeHostFile(target, content);
      await requireCpio(target, { ucode, at });
      return;
    }
    throw new KernelError('no-ucode', `the kernel image has no file "${ucode}"`, {
      kind: 'input',
      at,
      hint: 'Leave out "kernel: ucode:", or name the microcode archive that the image has.',
    });
  });
  return derived.path;
}

/** Anything else in front would keep the kernel from unpacking what follows. */
async function requireCpio(
  file: string,
  { ucode, at }: { readonly ucode: string; readonly at: Location },
): Promise<void> {
  const magic = (await readFile(file)).subarray(0, 6).toString('latin1');
  if (magic === '070701' || magic === '070702') return;
  throw new KernelError('bad-ucode', `"${ucode}" of the kernel image is no uncompressed cpio archive`, {
    kind: 'input',
    at,
  });
}
