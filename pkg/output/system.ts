import { keptModulesTar, moduleTar, readModulesTar } from '../kernel/index.ts';
import type { KernelPlan, LayoutPlan, Plan } from '../plan/index.ts';
import { imageLayout, layoutVersion } from './image-layout.ts';
import type { PackedSystem } from './initrd.ts';
import { each } from './members.ts';
import { squash, type SquashContext, squashImage, type SquashedTree } from './squash.ts';
import { stage0Archive, type Stage0Modules } from './stage0.ts';
import { microcode } from './ucode.ts';

/** Gets everything that a packed system consists of out of the store, packing what is not there yet. */
export async function packSystem(plan: Plan, context: SquashContext): Promise<PackedSystem> {
  const root: SquashedTree[] = [];
  for (const { name, image } of plan.init) root.push(await squashImage(context, image, 'init', name));
  const modules = plan.kernel && (await squashModules(plan.kernel, context));
  if (modules !== undefined) root.push(modules.tree);

  const trees: PackedSystem['trees'][number][] = [];
  for (const { name, image, treatment, path } of plan.trees) {
    trees.push({ image: await squashImage(context, image, treatment, name), path });
  }
  for (const layout of plan.layouts) trees.push({ image: await squashLayout(layout, context), path: layout.path });
  const stage0 = await stage0Archive(
    context.store,
    plan.init.map(({ image }) => image),
    modules?.stage0,
  );
  return { ucode: await microcode(plan, context.store), stage0, root, trees, files: plan.files };
}

async function squashLayout({ name, reference, images }: LayoutPlan, context: SquashContext): Promise<SquashedTree> {
  const digests = images.map(({ descriptor }) => descriptor.digest).join(' ');
  const inputs = { images: digests, reference, layoutVersion: String(layoutVersion) };
  return await squash(context, inputs, name, () => each([...imageLayout(context.store, reference, images)]));
}

interface SquashedModules {
  readonly tree: SquashedTree;
  readonly stage0: Stage0Modules;
}

/** The kernel's modules as a layer of the root: those that the plan keeps, or all of the image's. */
async function squashModules(kernel: KernelPlan, context: SquashContext): Promise<SquashedModules | undefined> {
  const { image, tar, modules } = kernel;
  if (tar === undefined || modules === undefined) return undefined;
  const { store } = context;
  const { release, stage0 } = modules;
  const stage0Tar = await keptModulesTar(store, image, tar, { release, files: modules.kept ?? stage0 });
  const inputs = { image: image.descriptor.digest, tar, files: modules.kept?.join(' ') ?? 'all' };
  const tree = await squash(context, inputs, 'kernel modules', () =>
    modules.kept === undefined ? moduleTar(store, image, tar) : readModulesTar(stage0Tar),
  );
  return { tree, stage0: { tar: stage0Tar, release, files: stage0 } };
}
