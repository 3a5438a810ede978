import { homedir } from 'node:os';
import path from 'node:path';
import { withHardware } from '../hardware/index.ts';
import { type ImageConfig, labels } from '../image/index.ts';
import { readModuleIndex } from '../kernel/index.ts';
import { type Format, type InitrdCompression, writeKernelInitrd } from '../output/index.ts';
import { type Images, type Layout, makePlan, type Plan } from '../plan/index.ts';
import { type ImageSpec, parseImageLabel, printSpec, type RuntimeKeys, type Spec } from '../spec/index.ts';
import { billSystem, type SbomSettings } from './bill-file.ts';
import { lockFileName, lockSystem, type LockTarget, rememberBuild } from './record.ts';
import { type ImageOptions, type ResolvedImage, resolveImages } from './resolve.ts';

export interface PlanOptions extends ImageOptions {
  readonly spec: Spec;
  /** @default what the init images can */
  readonly layout?: Layout | undefined;
  /** Of a flat initrd. @default 'gzip' */
  readonly compression?: InitrdCompression | undefined;
}

export interface BuildOptions extends PlanOptions {
  readonly formats: readonly Format[];
  /** Folder to write to; made where there is none. */
  readonly dir: string;
  /** Prefix of the files' names. */
  readonly name: string;
  /** Where to write the system's lock; nowhere where it is left out. */
  readonly lock?: LockTarget | undefined;
  /** Write a bill of materials, `NAME.spdx.json`. */
  readonly sbom?: SbomSettings | undefined;
}

/**
 * The whole way from a specification to files: resolve images, plan, write.
 *
 * @returns the paths of the files
 * @throws {LkitError} what any of the steps throws
 */
export async function build(options: BuildOptions): Promise<readonly string[]> {
  const { plan: planned, images } = await planSystem(options);
  const { sbom, sourceDateEpoch: created = 0 } = options;
  const billed = sbom && (await billSystem(planned, images, { ...options, ...sbom, created }));
  const plan = billed?.plan ?? planned;
  const written: string[] = [];
  for (const format of options.formats) {
    options.signal?.throwIfAborted();
    written.push(...(await writers[format](plan, options)));
  }
  const { store, dir, name, lock, locked } = options;
  if (billed !== undefined) written.push(await billed.write());
  if (lock !== undefined) await lockSystem(images, lock);
  await rememberBuild(store, images, locked?.file ?? lock?.file ?? path.join(dir, lockFileName(name)));
  return written;
}

const writers: Readonly<Record<Format, typeof writeKernelInitrd>> = { 'kernel+initrd': writeKernelInitrd };

/** The YAML of a specification with each image's digest in place of its name. */
export async function resolvedYaml(spec: Spec, options: ImageOptions): Promise<string> {
  const { images } = await resolveImages(spec, options);
  return printSpec(spec, 'yaml', {
    resolveImage: (image) => `${image.text}@${images.get(image)?.descriptor.digest ?? ''}`,
  });
}

interface PlannedSystem {
  readonly plan: Plan;
  readonly images: readonly ResolvedImage[];
}

/** Resolves images and plans. */
export async function planSystem({ spec: written, ...options }: PlanOptions): Promise<PlannedSystem> {
  const spec = await withHardware(written, options.arch);
  const { images, layouts, all } = await resolveImages(spec, options);
  const kernelImage = spec.kernel && images.get(spec.kernel.image);
  const modules = kernelImage && (await readModuleIndex(options.store, kernelImage, spec.kernel.tar));
  const plan = makePlan({
    spec,
    arch: options.arch,
    images,
    layouts,
    labels: labelsOf(images),
    modules,
    layout: options.layout,
    metadata: (format) => printSpec(written, format),
    home: homedir(),
  });
  return { plan, images: all };
}

function labelsOf(images: Images): ReadonlyMap<ImageSpec, RuntimeKeys> {
  return new Map(
    [...images].flatMap(([image, { config }]) => {
      const keys = labelOf(image, config);
      return keys === undefined ? [] : [[image, keys] as const];
    }),
  );
}

function labelOf(image: ImageSpec, config: ImageConfig): RuntimeKeys | undefined {
  const text = config.config?.Labels?.[labels.mobyConfig];
  return text === undefined ? undefined : parseImageLabel(text, image.text);
}
