import type { Location } from '../errors/index.ts';
import { labels, type StoredImage } from '../image/index.ts';
import {
  KernelError,
  labelledModules,
  missingModules,
  moduleClosure,
  type ModuleIndex,
  stage0Modules,
  type WantedModule,
} from '../kernel/index.ts';
import type { ContainerSpec, Spec } from '../spec/index.ts';
import type { Images, ModulesPlan } from './types.ts';

/**
 * The modules that stage-0 loads: what of its needs is not built into the kernel.
 *
 * @throws {KernelError} `cannot-mount` for a kernel that has one of them neither built in nor as a module
 */
export function planStage0(index: ModuleIndex, at: Location): readonly string[] {
  const missing = missingModules(index, stage0Modules);
  if (missing.length === 0) return moduleClosure(index, stage0Modules);
  const names = missing.join(' and ');
  throw new KernelError(
    'cannot-mount',
    `the kernel (${index.release}) cannot mount a packed system: it lacks ${names}`,
    {
      kind: 'input',
      at,
      hint: 'Build with --layout flat, or take a kernel that has loop, squashfs and overlay, built in or as modules.',
    },
  );
}

/** The file systems that a root on a disk of its own can have, by their names in the kernel. */
export type RootFileSystem = 'squashfs' | 'erofs' | 'isofs';

/** The disks of virtual machines. */
const diskModules: readonly WantedModule[] = ['virtio_pci', 'virtio_mmio', 'virtio_blk'].map((name) => ({ name }));

/**
 * What has to be loaded before a root on a disk can be mounted: what the kernel has as modules of the file system, of
 * virtual machines' disks, and of what the YAML names for the system's own.
 *
 * @throws {KernelError} `cannot-mount` for a kernel that has the file system neither built in nor as a module
 */
export function diskRootModules(
  { index, named }: ModulesPlan,
  fileSystem: RootFileSystem,
  at: Location,
): readonly string[] {
  const wanted: readonly WantedModule[] = [{ name: fileSystem }];
  if (missingModules(index, wanted).length > 0) {
    const message = `the kernel (${index.release}) cannot mount a root of this format: it lacks ${fileSystem}`;
    throw new KernelError('cannot-mount', message, { kind: 'input', at, hint: 'Build another format.' });
  }
  return moduleClosure(index, [...diskModules, ...wanted, ...named.map((name) => ({ name }))]);
}

/**
 * The modules that the system keeps, or `undefined` for all that the kernel image has. All are kept where neither the
 * image (label `org.lkit.kernel.modules`) nor the YAML (`kernel.modules`) says which, as with LinuxKit's kernels.
 */
export function wantedModules(spec: Spec, images: Images): readonly WantedModule[] | undefined {
  if (spec.kernel === undefined) return [];
  const ofImage = labelledModules(images.get(spec.kernel.image)?.config.config?.Labels ?? {});
  if (ofImage === undefined && spec.kernel.modules === undefined) return undefined;
  return [
    ...stage0Modules,
    ...(ofImage ?? []),
    ...(spec.kernel.modules ?? []),
    ...[...spec.onboot, ...spec.services].flatMap((container) => namedInArguments(container, images)),
  ];
}

/** The modules that a container will load because its arguments name them: `load_modules i2c-stub chip_addr=0x76`. */
function namedInArguments(container: ContainerSpec, images: Images): readonly WantedModule[] {
  const image = images.get(container.image);
  if (labelOf(image, labels.modulesFrom) !== 'arguments') return [];
  const ofImage = image?.config.config;
  const words = container.command ?? [...(ofImage?.Entrypoint ?? []), ...(ofImage?.Cmd ?? [])];
  return words
    .slice(1)
    .flatMap((argument) => argument.split(/\s+/))
    .filter((word) => word !== '' && !word.includes('=') && !word.startsWith('-'))
    .map((name) => ({ name, at: container.at }));
}

function labelOf(image: StoredImage | undefined, label: string): string | undefined {
  return image?.config.config?.Labels?.[label];
}
