import { homedir } from 'node:os';
import path from 'node:path';
import { type ImageConfig, labels, type StoredImage } from '../image/index.ts';
import { readModuleIndex } from '../kernel/index.ts';
import { type Format, type FormatOptions, requireFormats, writeFormats, type WriteOptions } from '../output/index.ts';
import { type Images, type Layout, makePlan, type Plan } from '../plan/index.ts';
import { type ImageSpec, parseImageLabel, printSpec, type RuntimeKeys, type Spec } from '../spec/index.ts';
import { formatImages, loadersOf } from './format-images.ts';
import { lockFileName, lockSystem, type LockTarget, rememberBuild } from './record.ts';
import { type ImageOptions, type ResolvedImage, resolveImages } from './resolve.ts';

export interface BuildOptions extends ImageOptions, Pick<WriteOptions, 'output' | 'diskBytes' | 'dataBytes'> {
  readonly spec: Spec;
  readonly formats: readonly Format[];
  /** What a Raspberry Pi starts. */
  readonly firmware?: ImageSpec | undefined;
  /** @default what the init images can */
  readonly layout?: Layout | undefined;
  /** Folder to write to; made where there is none. */
  readonly dir: string;
  /** Prefix of the files' names. */
  readonly name: string;
  /** Where to write the system's lock; nowhere where it is left out. */
  readonly lock?: LockTarget | undefined;
}

/**
 * The whole way from a specification to files: resolve images, plan, write.
 *
 * @returns the paths of the files
 * @throws {LkitError} what any of the steps throws
 */
export async function build(options: BuildOptions): Promise<readonly string[]> {
  await requireFormats(options.formats, options.arch);
  const { images, plan, ...parts } = await planSystem(options);
  const written = await writeFormats(plan, { ...options, ...parts });
  const { store, dir, name, lock, locked } = options;
  if (lock !== undefined) await lockSystem(images, lock);
  await rememberBuild(store, images, locked?.file ?? lock?.file ?? path.join(dir, lockFileName(name)));
  return written;
}

/** The YAML of a specification with each image's digest in place of its name. */
export async function resolvedYaml(spec: Spec, options: ImageOptions): Promise<string> {
  const { images } = await resolveImages(spec, options);
  return printSpec(spec, 'yaml', {
    resolveImage: (image) => `${image.text}@${images.get(image)?.descriptor.digest ?? ''}`,
  });
}

interface PlannedSystem extends Pick<FormatOptions, 'flatPlan' | 'loaders'> {
  readonly plan: Plan;
  readonly firmware: StoredImage | undefined;
  readonly images: readonly ResolvedImage[];
}

async function planSystem({ spec, formats, firmware, ...options }: BuildOptions): Promise<PlannedSystem> {
  const extra = formatImages(formats, options.arch);
  const others = [...extra.values(), ...(firmware === undefined ? [] : [firmware])];
  const { images, layouts, all } = await resolveImages(spec, options, others);
  const kernelImage = spec.kernel && images.get(spec.kernel.image);
  const modules = kernelImage && (await readModuleIndex(options.store, kernelImage, spec.kernel.tar));
  const planOf = (layout: Layout | undefined): Plan =>
    makePlan({
      spec,
      arch: options.arch,
      images,
      layouts,
      labels: labelsOf(images),
      modules,
      layout,
      metadata: (format) => printSpec(spec, format),
      home: homedir(),
    });
  return {
    plan: planOf(options.layout),
    flatPlan: () => planOf('flat'),
    loaders: loadersOf(extra, images),
    firmware: firmware && images.get(firmware),
    images: all,
  };
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
