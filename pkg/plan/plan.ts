import { allocateIds, type BundleFile, makeBundle } from '../bundle/index.ts';
import { Faults, LkitError } from '../errors/index.ts';
import { type Architecture, labels, type StoredImage } from '../image/index.ts';
import { type KernelFormat, moduleClosure, type ModuleIndex } from '../kernel/index.ts';
import type { ImageSpec, NamedImage, RuntimeKeys, Spec } from '../spec/index.ts';
import { type FileContext, plannedFile } from './file.ts';
import { layOut } from './files.ts';
import { planStage0, wantedModules } from './modules.ts';
import type { Images, KernelPlan, Layout, LayoutImages, LayoutPlan, Plan, TreePlan } from './types.ts';
import { planVolume } from './volumes.ts';

export type PlanErrorCode = 'no-init' | 'unresolved-image';

/** The specification's parts don't make a system together. */
export class PlanError extends LkitError<PlanErrorCode> {}

export interface PlanInput extends FileContext {
  readonly spec: Spec;
  readonly arch: Architecture;
  readonly images: Images;
  readonly layouts: LayoutImages;
  /** The keys of each container image's label `org.mobyproject.config`. */
  readonly labels: ReadonlyMap<NamedImage, RuntimeKeys>;
  /** The kernel image's module tree; `undefined` where the system has no kernel or the kernel no modules. */
  readonly modules: ModuleIndex | undefined;
  /** @default what the init images can: `packed` where one has a stage-0 */
  readonly layout?: Layout | undefined;
  /** @default 'elf' */
  readonly kernelFormat?: KernelFormat | undefined;
}

/**
 * Decides which image goes where and what is written around them.
 *
 * @throws {PlanError} `no-init` when a packed layout is asked for and no init image has a stage-0
 * @throws {KernelError} `unknown-module`; `cannot-mount` for a packed layout
 * @throws {BundleError} for a container whose keys contradict each other, or those of its image's label
 * @throws {LkitErrors} with all of these, where there is more than one
 */
export function makePlan(input: PlanInput): Plan {
  const { spec, arch, images } = input;
  const init = spec.init.map((image) => ({ name: image.text, image: resolved(images, image), at: image.at }));
  const isOurs = init.some(({ image }) => image.config.config?.Labels?.[labels.init] === 'packed');
  const layout = input.layout ?? (isOurs ? 'packed' : 'flat');
  if (layout === 'packed' && !isOurs) throw noStage0(spec);
  const ids = allocateIds(spec);
  const volumes = new Map(spec.volumes.map((volume) => [volume.name, volume]));

  const trees: TreePlan[] = [];
  const layouts: LayoutPlan[] = [];
  // In the packed layout images are shared anyway; in the flat one a second container uses the first one's files.
  const shared = new Map<string, string>();
  const faults = new Faults();
  const files: BundleFile[] = [etc, resolvConf, ...modulesToLoad(spec)];
  for (const section of ['onboot', 'onshutdown', 'services'] as const) {
    for (const [index, container] of spec[section].entries()) {
      const image = resolved(images, container.image);
      const label = input.labels.get(container.image);
      const { digest } = image.descriptor;
      const sharedTree = shared.get(digest);
      const where = { section, index, ids, volumes, init: isOurs ? 'lkit' : 'linuxkit', sharedTree } as const;
      const bundle = faults.attempt(() => makeBundle({ ...where, container, config: image.config, label }), undefined);
      if (bundle === undefined) continue;
      if (sharedTree === undefined) {
        trees.push({ name: container.name, image, treatment: 'container', path: bundle.tree });
        if (layout === 'flat') shared.set(digest, bundle.tree);
      }
      files.push(...bundle.files);
    }
  }
  for (const volume of spec.volumes) {
    const planned = planVolume(volume, images, input.layouts);
    if (planned.tree !== undefined) trees.push(planned.tree);
    if (planned.layout !== undefined) layouts.push(planned.layout);
    files.push(...planned.files);
  }
  files.push(...spec.files.map((file) => plannedFile(file, ids, input)));

  const kernel = faults.attempt(() => kernelPlan(input, layout), undefined);
  faults.throwAny();
  return { arch, layout, kernel, init, trees, layouts, files: layOut(files) };
}

function resolved(images: Images, image: ImageSpec): StoredImage {
  const stored = images.get(image);
  if (stored !== undefined) return stored;
  throw new PlanError('unresolved-image', `image ${image.text} was not resolved before planning`, { at: image.at });
}

function noStage0({ init }: Spec): PlanError {
  return new PlanError('no-init', 'none of the init images can start a packed system', {
    kind: 'input',
    at: init[0]?.at,
    hint: `Put pkg:init first under "init:" (it has the label ${labels.init}=packed), or build with --layout flat.`,
  });
}

function kernelPlan({ spec, images, modules, kernelFormat }: PlanInput, layout: Layout): KernelPlan | undefined {
  const { kernel } = spec;
  if (kernel === undefined) return undefined;
  const wanted = wantedModules(spec, images);
  return {
    image: resolved(images, kernel.image),
    at: kernel.image.at,
    cmdline: kernel.cmdline,
    format: kernelFormat ?? 'elf',
    binary: kernel.binary,
    tar: kernel.tar,
    ucode: kernel.ucode,
    modules: modules && {
      release: modules.release,
      index: modules,
      named: (kernel.modules ?? []).filter(({ parameters }) => parameters === '').map(({ name }) => name),
      kept: wanted && moduleClosure(modules, wanted),
      stage0: layout === 'packed' ? planStage0(modules, kernel.image.at) : [],
    },
  };
}

/** It stays readable for everyone, however secret the files that a system has in it. */
const etc: BundleFile = { path: 'etc', mode: 0o755, uid: 0, gid: 0, content: { kind: 'directory' } };

/** The root is read-only; whoever learns of name servers writes below /run. */
const resolvConf: BundleFile = {
  path: 'etc/resolv.conf',
  mode: 0o777,
  uid: 0,
  gid: 0,
  content: { kind: 'symlink', target: '/run/resolvconf/resolv.conf' },
};

/** What init loads before the first onboot container (modules-load.d.5, plus parameters behind the name). */
function modulesToLoad(spec: Spec): readonly BundleFile[] {
  const modules = spec.kernel?.modules ?? [];
  if (modules.length === 0) return [];
  const data = modules.map(({ name, parameters }) => `${name} ${parameters}`.trim() + '\n').join('');
  return [{ path: 'etc/modules-load.d/lkit.conf', mode: 0o644, uid: 0, gid: 0, content: { kind: 'data', data } }];
}
