import { bytePath, type Member, paddingTo, writeCpio } from '../archive/index.ts';
import type { Location } from '../errors/index.ts';
import { treatmentVersion } from '../image/index.ts';
import type { LayoutPlan, Plan, TreePlan } from '../plan/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { OutputError } from './aside.ts';
import { type PackContext, type PackingContext, packTogether } from './context.ts';
import type { InitrdCompression } from './compression.ts';
import { imageLayout, layoutVersion } from './image-layout.ts';
import { isModular, modulesTree, takeModules } from './kernel-modules.ts';
import { below, each } from './members.ts';
import { mergeTrees, type Tree } from './merge.ts';
import { bytes, type Part } from './parts.ts';
import { plannedMembers } from './planned.ts';
import { compress, type FlatTree, segment } from './segment.ts';
import type { SizedFile } from './sized-file.ts';
import type { Packable } from './squash.ts';
import { microcode } from './ucode.ts';

/** Everything that a flat initrd consists of. */
export interface FlatSystem {
  readonly ucode: SizedFile | undefined;
  readonly segments: readonly SizedFile[];
  readonly files: Plan['files'];
  readonly compression: InitrdCompression;
}

/** Gets the parts of a flat system out of the store, compressing what is not there yet. */
export async function packFlatSystem(plan: Plan, context: PackingContext): Promise<FlatSystem> {
  const [ucode, ...segments] = await Promise.all([
    microcode(plan, context),
    packRoot(plan, context),
    ...plan.trees.map((tree) => segment(context, containerTree(tree, context))),
    ...plan.layouts.map((layout) => segment(context, layoutTree(layout, context))),
  ]);
  return { ucode, segments, files: plan.files, compression: context.compression ?? 'gzip' };
}

/** What a flat initrd is put together from: everything lies where it will be, for the kernel to unpack. */
export function flatInitrd({ ucode, segments, files, compression }: FlatSystem): readonly Part[] {
  return [
    ...(ucode === undefined ? [] : [ucode]),
    // Archives begin at multiples of 4 bytes where they are not compressed; zeros between them count for nothing.
    ...(ucode === undefined ? [] : [bytes(Buffer.alloc(paddingTo(4, ucode.size)))]),
    ...segments.map(({ file }) => ({ file })),
    { bytes: () => flatFiles({ files, compression }) },
  ];
}

/** The archive of what lkit itself writes into a flat system. */
export function flatFiles({ files, compression }: Pick<FlatSystem, 'files' | 'compression'>): AsyncIterable<Buffer> {
  return compress(writeCpio(plannedMembers(files)), compression);
}

function containerTree({ name, image, treatment, path }: TreePlan, { store }: PackContext): FlatTree {
  return {
    name,
    at: bytePath(path.slice(1)),
    inputs: { image: image.descriptor.digest, treatment, treatmentVersion, path },
    members: (signal, lend) => below(bytePath(path.slice(1)), imageTree(store, image, { treatment, signal, lend })),
  };
}

function layoutTree({ name, reference, images, path }: LayoutPlan, { store }: PackContext): FlatTree {
  return {
    name,
    inputs: {
      images: images.map(({ descriptor }) => descriptor.digest).join(' '),
      reference,
      layoutVersion: String(layoutVersion),
      path,
    },
    members: () => below(bytePath(path.slice(1)), each([...imageLayout(store, reference, images)])),
  };
}

/** The init images on top of one another, with the kernel's modules on top of them. */
async function packRoot(plan: Plan, context: PackingContext): Promise<SizedFile> {
  const { init } = plan;
  const modules = await keptModules(plan, context);
  return await segment(context, {
    name: 'init',
    inputs: {
      init: init.map(({ image }) => image.descriptor.digest).join(' '),
      treatmentVersion,
      modules: JSON.stringify(modules?.inputs ?? {}),
    },
    members: (signal, lend) => withInit(mergeTrees(rootTrees(plan, modules, context.store, signal, lend)), init[0]?.at),
  });
}

function rootTrees(
  { init }: Plan,
  modules: Packable | undefined,
  store: Store,
  signal: AbortSignal,
  lend = false,
): readonly Tree[] {
  return [
    ...init.map(({ name, image }) => ({
      name,
      members: () => imageTree(store, image, { treatment: 'init', signal, lend }),
    })),
    ...(modules === undefined ? [] : [{ name: modules.name, members: () => modules.members(signal) }]),
  ];
}

/**
 * Every file of a flat system once, where it will be. Folders that lkit makes come first: what lies in them needs them.
 *
 * @param others what lies on top of the system
 */
export async function* flatMembers(
  plan: Plan,
  context: PackContext,
  others: readonly Tree[] = [],
): AsyncGenerator<Member> {
  const { store, signal = new AbortController().signal } = context;
  const modules = await packTogether(context, (packing) => keptModules(plan, packing));
  const trees = [
    ...plan.trees.map((tree) => containerTree(tree, context)),
    ...plan.layouts.map((layout) => layoutTree(layout, context)),
  ];
  const folders = plan.files.filter(({ content }) => content.kind === 'directory');
  const all: readonly Tree[] = [
    { name: 'the system’s folders', members: () => plannedMembers(folders) },
    ...rootTrees(plan, modules, store, signal),
    ...trees.map(({ name, at, members }) => ({ name, at, members: () => members(signal, false) })),
    { name: 'the system’s own files', members: () => plannedMembers(plan.files) },
    ...others,
  ];
  yield* withInit(mergeTrees(all), plan.init[0]?.at);
}

async function keptModules({ kernel }: Plan, context: PackingContext): Promise<Packable | undefined> {
  if (!isModular(kernel)) return undefined;
  const { kept } = kernel.modules;
  return modulesTree(kernel, kept && (await takeModules(kernel, kept, context)), context);
}

/** Passes a root on; what the kernel cannot start is an error here rather than at boot. */
async function* withInit(members: AsyncIterable<Member>, at: Location | undefined): AsyncGenerator<Member> {
  let found = false;
  for await (const member of members) {
    found ||= member.entry.path === 'init' && member.entry.type !== 'directory';
    yield member;
  }
  if (found) return;
  throw new OutputError('no-init', 'none of the init images can start the system: there is no /init', {
    kind: 'input',
    at,
    hint: 'Put pkg:init first under "init:".',
  });
}
