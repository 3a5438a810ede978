import { homedir } from 'node:os';
import { Faults } from '../errors/index.ts';
import { withHardware } from '../hardware/index.ts';
import { type ImageConfig, labels } from '../image/index.ts';
import { type KernelFormat, readModuleIndex } from '../kernel/index.ts';
import type { InitrdCompression } from '../output/index.ts';
import { type Images, type Layout, makePlan, type Plan } from '../plan/index.ts';
import { type NamedImage, parseImageLabel, printSpec, type RuntimeKeys, type Spec } from '../spec/index.ts';
import { type ResolvedImage, resolveImages, type SystemOptions } from './resolve.ts';

export interface PlanOptions extends SystemOptions {
  readonly spec: Spec;
  /** @default what the init images can */
  readonly layout?: Layout | undefined;
  /** Of a flat initrd. @default 'gzip' */
  readonly compression?: InitrdCompression | undefined;
  /** @default 'elf' */
  readonly kernelFormat?: KernelFormat | undefined;
}

export interface PlannedSystem {
  readonly plan: Plan;
  /** The same system with every file where it will be. */
  readonly flatPlan: () => Plan;
  /** Every image, by the place that names it. */
  readonly images: Images;
  readonly all: readonly ResolvedImage[];
}

/**
 * Resolves images and plans.
 *
 * @param others images that the system's output takes beside the system's own
 */
export async function planSystem(
  { spec: written, ...options }: PlanOptions,
  others: readonly NamedImage[] = [],
): Promise<PlannedSystem> {
  const spec = await withHardware(written, options.arch);
  const { images, layouts, all } = await resolveImages(spec, options, others);
  const kernelImage = spec.kernel && images.get(spec.kernel.image);
  const modules = kernelImage && (await readModuleIndex(options.store, kernelImage, spec.kernel.tar));
  const labels = labelsOf(images);
  const planOf = (layout: Layout | undefined): Plan =>
    makePlan({
      spec,
      arch: options.arch,
      images,
      layouts,
      labels,
      modules,
      layout,
      kernelFormat: options.kernelFormat,
      metadata: (format) => printSpec(written, format),
      home: homedir(),
    });
  return { plan: planOf(options.layout), flatPlan: () => planOf('flat'), images, all };
}

/** @throws {SpecError} `invalid-label`; `LkitErrors` where several images have such a one */
function labelsOf(images: Images): ReadonlyMap<NamedImage, RuntimeKeys> {
  const faults = new Faults();
  // An image that stands in several places has one label.
  const parsed = new Map<string, RuntimeKeys | undefined>();
  const found = [...images].flatMap(([image, { config, descriptor }]) => {
    if (!parsed.has(descriptor.digest)) {
      parsed.set(
        descriptor.digest,
        faults.attempt(() => labelOf(image, config), undefined),
      );
    }
    const keys = parsed.get(descriptor.digest);
    return keys === undefined ? [] : [[image, keys] as const];
  });
  faults.throwAny();
  return new Map(found);
}

function labelOf(image: NamedImage, config: ImageConfig): RuntimeKeys | undefined {
  const text = config.config?.Labels?.[labels.mobyConfig];
  return text === undefined ? undefined : parseImageLabel(text, image.text);
}
