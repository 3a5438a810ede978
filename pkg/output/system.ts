import type { StoredImage } from '../image/index.ts';
import type { KernelPlan, LayoutPlan, Plan } from '../plan/index.ts';
import { hasSameBusybox, withoutBusybox } from './busybox.ts';
import type { PackingContext } from './context.ts';
import { imageLayout, layoutVersion } from './image-layout.ts';
import type { PackedSystem, PackedTree } from './initrd.ts';
import { isModular, modulesTree, takeModules } from './kernel-modules.ts';
import { each } from './members.ts';
import type { SizedFile } from './sized-file.ts';
import { isSmall, packSmall } from './small-tree.ts';
import { type Packable, packableImage, squash, treeBytes } from './squash.ts';
import { packStage0, stage0Of } from './stage0.ts';
import { microcode } from './ucode.ts';

/**
 * Gets everything that a packed system consists of out of the store, packing what is not there yet.
 *
 * @throws {OutputError} `no-packed-init`
 */
export async function packSystem(plan: Plan, context: PackingContext): Promise<PackedSystem> {
  const stage0Image = stage0Of(plan);
  const packed = new PackedTrees(context);
  const isShared = (image: StoredImage): Promise<boolean> => hasSameBusybox(context, image, stage0Image);
  const [ucode, { stage0, modules }, init, trees, layouts] = await Promise.all([
    microcode(plan, context),
    packKernelParts(plan.kernel, stage0Image, packed, context),
    Promise.all(
      plan.init.map(async ({ name, image }, position) => {
        const tree = packableImage(context, image, 'init', name);
        // Stage-0's busybox lies below all of them, so only the lowest can do without its own.
        return await packed.get(position === 0 && (await isShared(image)) ? withoutBusybox(tree) : tree);
      }),
    ),
    Promise.all(
      plan.trees.map(async ({ name, image, treatment, path }) => {
        const tree = packableImage(context, image, treatment, name);
        const sharesBusybox = await isShared(image);
        return { image: await packed.get(sharesBusybox ? withoutBusybox(tree) : tree), path, sharesBusybox };
      }),
    ),
    Promise.all(
      plan.layouts.map(async (layout) => {
        return { image: await packed.get(packableLayout(layout, context)), path: layout.path, sharesBusybox: false };
      }),
    ),
  ]);
  const root = modules === undefined ? init : [...init, modules];
  return { ucode, stage0, root, trees: [...trees, ...layouts], files: plan.files };
}

/** Stage-0, with the modules that it loads, and a layer with those that the system keeps. */
async function packKernelParts(
  kernel: KernelPlan | undefined,
  stage0Image: StoredImage,
  packed: PackedTrees,
  context: PackingContext,
): Promise<{ readonly stage0: SizedFile; readonly modules: PackedTree | undefined }> {
  if (!isModular(kernel)) return { stage0: await packStage0(context, stage0Image, undefined), modules: undefined };
  const { release, kept, stage0: files } = kernel.modules;
  const selected = kept ?? files;
  const tar = selected.length === 0 ? undefined : await takeModules(kernel, selected, context);
  const [stage0, modules] = await Promise.all([
    packStage0(context, stage0Image, tar && { tar: tar.file, release, files }),
    kept?.length === 0 ? undefined : packed.get(modulesTree(kernel, tar, context)),
  ]);
  return { stage0, modules };
}

/** Each tree is packed once, however many containers have it. */
class PackedTrees {
  readonly #context: PackingContext;
  readonly #trees = new Map<string, Promise<PackedTree>>();

  constructor(context: PackingContext) {
    this.#context = context;
  }

  get(packable: Packable): Promise<PackedTree> {
    const key = JSON.stringify(packable.inputs);
    const tree = this.#trees.get(key) ?? this.#pack(packable);
    this.#trees.set(key, tree);
    return tree;
  }

  async #pack(packable: Packable): Promise<PackedTree> {
    if (await isSmall(this.#context, packable)) return { form: 'cpio', ...(await packSmall(this.#context, packable)) };
    return { form: 'squashfs', ...(await squash(this.#context, packable)) };
  }
}

function packableLayout({ name, reference, images }: LayoutPlan, { store }: PackingContext): Packable {
  const digests = images.map(({ descriptor }) => descriptor.digest).join(' ');
  return {
    name,
    inputs: { images: digests, reference, layoutVersion: String(layoutVersion) },
    bytes: images.map(treeBytes).reduce((sum, bytes) => sum + bytes, 0),
    members: () => each([...imageLayout(store, reference, images)]),
  };
}
