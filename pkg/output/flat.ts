import { bytePath, gzip, type Member, readHostFile, writeCpio } from '../archive/index.ts';
import type { Location } from '../errors/index.ts';
import { treatmentVersion } from '../image/index.ts';
import { keptModulesTar, moduleTar, readModulesTar } from '../kernel/index.ts';
import type { KernelPlan, Plan } from '../plan/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { OutputError } from './aside.ts';
import { imageLayout, layoutVersion } from './image-layout.ts';
import { below, each, padded } from './members.ts';
import { mergeTrees, type Tree } from './merge.ts';
import { plannedMembers } from './planned.ts';
import { gzipLevel, segment, type Segment } from './segment.ts';
import type { SquashContext } from './squash.ts';
import { microcode } from './ucode.ts';

/** Everything that a flat initrd consists of. */
export interface FlatSystem {
  readonly ucode: string | undefined;
  readonly segments: readonly Segment[];
  readonly files: Plan['files'];
}

/** Gets the parts of a flat system out of the store, compressing what is not there yet. */
export async function packFlatSystem(plan: Plan, context: SquashContext): Promise<FlatSystem> {
  const { store } = context;
  const segments = [await rootSegment(plan, context)];
  for (const { name, image, treatment, path } of plan.trees) {
    const inputs = { image: image.descriptor.digest, treatment, treatmentVersion, path };
    const tree = (): ReturnType<typeof below> => below(bytePath(path.slice(1)), imageTree(store, image, { treatment }));
    segments.push(await segment(context, inputs, name, tree));
  }
  for (const { name, reference, images, path } of plan.layouts) {
    const digests = images.map(({ descriptor }) => descriptor.digest).join(' ');
    const inputs = { images: digests, reference, layoutVersion: String(layoutVersion), path };
    const tree = (): ReturnType<typeof below> =>
      below(bytePath(path.slice(1)), each([...imageLayout(store, reference, images)]));
    segments.push(await segment(context, inputs, name, tree));
  }
  return { ucode: await microcode(plan, store), segments, files: plan.files };
}

/** The bytes of a flat initrd: everything lies where it will be, for the kernel to unpack. */
export async function* flatInitrd({ ucode, segments, files }: FlatSystem): AsyncGenerator<Buffer> {
  if (ucode !== undefined) yield* padded(readHostFile(ucode));
  for (const { file } of segments) yield* readHostFile(file);
  yield* gzip(writeCpio(plannedMembers(files)), gzipLevel);
}

/** The init images on top of one another, with the kernel's modules on top of them. */
async function rootSegment(plan: Plan, context: SquashContext): Promise<Segment> {
  const modules = plan.kernel && (await modulesTree(plan.kernel, context));
  const inputs = {
    init: plan.init.map(({ image }) => image.descriptor.digest).join(' '),
    treatmentVersion,
    modules: modules?.key ?? '',
  };
  const trees = rootTrees(plan, context.store, modules?.tree);
  return await segment(context, inputs, 'init', () => withInit(mergeTrees(trees), plan.init[0]?.at));
}

function rootTrees({ init }: Plan, store: Store, modules: Tree | undefined): readonly Tree[] {
  const trees = init.map(({ name, image }) => ({
    name,
    members: () => imageTree(store, image, { treatment: 'init' }),
  }));
  return modules === undefined ? trees : [...trees, modules];
}

/**
 * Every file of a flat system once, where it will be. Folders that lkit makes come first: what lies in them needs them.
 *
 * @param others what lies on top of the system
 */
export async function* flatMembers(
  plan: Plan,
  context: SquashContext,
  others: readonly Tree[] = [],
): AsyncGenerator<Member> {
  const { store } = context;
  const modules = plan.kernel && (await modulesTree(plan.kernel, context));
  const folders = plan.files.filter(({ content }) => content.kind === 'directory');
  const trees: readonly Tree[] = [
    { name: 'the system’s folders', members: () => plannedMembers(folders) },
    ...rootTrees(plan, store, modules?.tree),
    ...plan.trees.map(({ name, image, treatment, path }) => ({
      name,
      members: () => below(bytePath(path.slice(1)), imageTree(store, image, { treatment })),
    })),
    ...plan.layouts.map(({ name, reference, images, path }) => ({
      name,
      members: () => below(bytePath(path.slice(1)), each([...imageLayout(store, reference, images)])),
    })),
    { name: 'the system’s own files', members: () => plannedMembers(plan.files) },
    ...others,
  ];
  yield* withInit(mergeTrees(trees), plan.init[0]?.at);
}

async function modulesTree(
  { image, tar, modules }: KernelPlan,
  { store }: SquashContext,
): Promise<{ readonly tree: Tree; readonly key: string } | undefined> {
  if (tar === undefined || modules === undefined) return undefined;
  const { release, kept } = modules;
  const name = 'the kernel’s module tree';
  const key = `${image.descriptor.digest} ${tar} ${kept?.join(' ') ?? 'all'}`;
  if (kept === undefined) return { tree: { name, members: () => moduleTar(store, image, tar) }, key };
  const file = await keptModulesTar(store, image, tar, { release, files: kept });
  return { tree: { name, members: () => readModulesTar(file) }, key };
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
