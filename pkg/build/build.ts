import path from 'node:path';
import { type Format, requireFormats, requireOutput, writeFormats, type WriteOptions } from '../output/index.ts';
import type { Plan } from '../plan/index.ts';
import { type NamedImage, printSpec, type Spec } from '../spec/index.ts';
import { billSystem, type SbomSettings } from './bill-file.ts';
import { formatImages, loadersOf, outputImages } from './format-images.ts';
import { type PlanOptions, planSystem } from './plan-system.ts';
import { lockFileName, lockSystem, type LockTarget, rememberBuild } from './record.ts';
import { resolveImages, type SystemOptions } from './resolve.ts';

export interface BuildOptions extends PlanOptions, Pick<WriteOptions, 'output' | 'diskBytes' | 'dataBytes'> {
  readonly formats: readonly Format[];
  /** What a Raspberry Pi starts. */
  readonly firmware?: NamedImage | undefined;
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
  const { formats, firmware, arch, sbom, sourceDateEpoch: created = 0 } = options;
  requireOutput(options);
  await requireFormats(formats, arch);
  const loaders = formatImages(formats, arch);
  const system = await planSystem(options, outputImages(loaders, firmware));
  const { all, images } = system;
  const billed = sbom && (await billSystem(system.plan, all, { ...options, ...sbom, created }));
  const withBill = (plan: Plan): Plan => billed?.addTo(plan) ?? plan;
  const written = [
    ...(await writeFormats(withBill(system.plan), {
      ...options,
      flatPlan: () => withBill(system.flatPlan()),
      loaders: loadersOf(loaders, images),
      firmware: firmware && images.get(firmware),
    })),
  ];
  const { store, dir, name, lock, locked } = options;
  if (billed !== undefined) written.push(await billed.write());
  if (lock !== undefined) await lockSystem(all, lock);
  await rememberBuild(store, all, locked?.file ?? lock?.file ?? path.join(dir, lockFileName(name)));
  return written;
}

/** The YAML of a specification with each image's digest in place of its name. */
export async function resolvedYaml(spec: Spec, options: SystemOptions): Promise<string> {
  const { images } = await resolveImages(spec, options);
  return printSpec(spec, 'yaml', {
    resolveImage: (image) => `${image.text}@${images.get(image)?.descriptor.digest ?? ''}`,
  });
}
