import { homedir } from 'node:os';
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
  const planOf = (layout: Layout | undefined): Plan =>
    makePlan({
      spec,
      arch: options.arch,
      images,
      layouts,
      labels: labelsOf(images),
      modules,
      layout,
      kernelFormat: options.kernelFormat,
      metadata: (format) => printSpec(written, format),
      home: homedir(),
    });
  return { plan: planOf(options.layout), flatPlan: () => planOf('flat'), images, all };
}

function labelsOf(images: Images): ReadonlyMap<NamedImage, RuntimeKeys> {
  return new Map(
    [...images].flatMap(([image, { config }]) => {
      const keys = labelOf(image, config);
      return keys === undefined ? [] : [[image, keys] as const];
    }),
  );
}

function labelOf(image: NamedImage, config: ImageConfig): RuntimeKeys | undefined {
  const text = config.config?.Labels?.[labels.mobyConfig];
  return text === undefined ? undefined : parseImageLabel(text, image.text);
}
