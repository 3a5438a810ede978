import { keptModulesTar, moduleTar, readModulesTar } from '../kernel/index.ts';
import type { KernelPlan, ModulesPlan } from '../plan/index.ts';
import { type PackingContext, reported } from './context.ts';
import { type SizedFile, sizedFile } from './sized-file.ts';
import { type Packable, treeBytes } from './squash.ts';

/** A kernel whose image has modules. */
export interface ModularKernel extends KernelPlan {
  readonly tar: string;
  readonly modules: ModulesPlan;
}

export function isModular(kernel: KernelPlan | undefined): kernel is ModularKernel {
  return kernel?.tar !== undefined && kernel.modules !== undefined;
}

/**
 * Takes modules out of a kernel image: the files named, with indexes of their own.
 *
 * @returns a tar file, for `readModulesTar`
 */
export async function takeModules(
  { image, tar, modules }: ModularKernel,
  files: readonly string[],
  context: PackingContext,
): Promise<SizedFile> {
  const take = () => keptModulesTar(context.store, image, tar, { release: modules.release, files });
  const { path } = await context.run(() => reported(context, 'take kernel modules', take));
  return await sizedFile(path);
}

/**
 * The modules that a system keeps, as a tree.
 *
 * @param taken what `takeModules` made of those to keep, where not all are kept
 */
export function modulesTree(
  { image, tar, modules: { kept } }: ModularKernel,
  taken: SizedFile | undefined,
  { store }: PackingContext,
): Packable {
  const selected = kept === undefined ? undefined : taken;
  return {
    name: 'kernel modules',
    inputs: { image: image.descriptor.digest, tar, files: kept?.join(' ') ?? 'all' },
    bytes: selected?.size ?? treeBytes(image),
    members: () => (selected === undefined ? moduleTar(store, image, tar) : readModulesTar(selected.file)),
  };
}
