import { homedir } from 'node:os';
import type { EngineProvider } from '../engine/index.ts';
import type { Architecture, StoredImage, WantedPlatform } from '../image/index.ts';
import { createPackageContext } from '../package/index.ts';
import { type Images, type LayoutImages, volumeArchitectures } from '../plan/index.ts';
import { type PullPolicy, RegistryClient, type RegistryOptions } from '../registry/index.ts';
import type { Reporter } from '../report/index.ts';
import { resolveImage, type SourceContext } from '../source/index.ts';
import type { NamedImage, Spec, VolumeSpec } from '../spec/index.ts';
import type { Store } from '../store/index.ts';
import { concurrently } from './concurrently.ts';
import { LockedImages, type LockedSystem, type Resolve, type WantedImage } from './locked.ts';

/** What images come out of, for one command. */
export interface ImageOptions extends WantedPlatform {
  readonly store: Store;
  /** The folder that `pkg:NAME` refers to. */
  readonly packagesDir: string;
  readonly reporter: Reporter;
  /** Ask for newer versions of what packages are made from. @default false */
  readonly refresh?: boolean;
  /** The container engine, found when it is needed. @default the first that answers on a usual socket */
  readonly engine?: EngineProvider | undefined;
  /** Look for images in the engine before a registry is asked (`--docker`). @default false */
  readonly preferEngine?: boolean | undefined;
  /** Address of a Debian mirror. @default the host's own sources */
  readonly mirror?: string | undefined;
  /** Image of the Debian container that fetches packages where the host has no apt. @default debian:bookworm-slim */
  readonly debianImage?: string | undefined;
  /** Seconds since 1970 that files made by lkit carry (`SOURCE_DATE_EPOCH`). @default 0 */
  readonly sourceDateEpoch?: number | undefined;
  /** How registries are spoken to. @default with nobody logged in, and no mirrors */
  readonly registry?: RegistryOptions | undefined;
  /** When registries are asked. @default 'missing' */
  readonly pull?: PullPolicy | undefined;
  /** Ends downloads. */
  readonly signal?: AbortSignal | undefined;
  /** Use exactly these images. */
  readonly locked?: LockedSystem | undefined;
}

/** For the images of a system. */
export interface SystemOptions extends ImageOptions {
  readonly arch: Architecture;
}

/** Packages and images that are got at the same time: one waits for the network while the other computes. */
const parallelImages = 2;

export interface ResolvedImages {
  readonly images: Images;
  readonly layouts: LayoutImages;
  /** All of them, each once. */
  readonly all: readonly ResolvedImage[];
}

export interface ResolvedImage extends WantedImage {
  readonly stored: StoredImage;
}

/**
 * Gets every image of the specification into the store, and others that its formats need. An image that is named several
 * times is got once.
 *
 * @throws {VolumeError} `unknown-platform`
 * @throws {LockError} `not-locked`, `lock-differs`
 */
export async function resolveImages(
  spec: Spec,
  options: SystemOptions,
  others: readonly NamedImage[] = [],
): Promise<ResolvedImages> {
  const context = sourceContext(options);
  const wanted = [...imagesOf(spec), ...others].map((image) => ({ image, arch: options.arch }));
  const ofVolumes = spec.volumes.map((volume) => ({ volume, wanted: wantedByVolume(volume, options.arch) }));
  const keyOf = ({ image, arch }: WantedImage): string =>
    `${arch}\0${image.baseDir}\0${image.text}\0${JSON.stringify(image.build)}`;
  const distinct = new Map([...wanted, ...ofVolumes.flatMap((each) => each.wanted)].map((each) => [keyOf(each), each]));
  const resolve: Resolve = (image, arch) => resolveImage(image, { ...context, arch });
  const { locked } = options;
  const lock = locked && new LockedImages(locked, [...distinct.values()], { ...options, resolve });
  const stored = new Map<string, StoredImage>();
  await concurrently([...distinct], parallelImages, async ([key, each]) => {
    const image = lock === undefined ? await resolve(each.image, each.arch) : await lock.get(each);
    if (image !== undefined) stored.set(key, image);
  });
  lock?.check();
  const found = (each: WantedImage): readonly StoredImage[] => {
    const image = stored.get(keyOf(each));
    return image === undefined ? [] : [image];
  };
  const all = [...wanted, ...ofVolumes.flatMap((each) => each.wanted.slice(0, 1))];
  return {
    images: new Map(all.flatMap((each) => found(each).map((image) => [each.image, image] as const))),
    layouts: new Map(ofVolumes.map((each) => [each.volume, each.wanted.flatMap(found)])),
    all: [...distinct.values()].flatMap((each) => found(each).map((image) => ({ ...each, stored: image }))),
  };
}

function imagesOf(spec: Spec): readonly NamedImage[] {
  const containers = [...spec.onboot, ...spec.onshutdown, ...spec.services];
  return [
    ...(spec.kernel === undefined ? [] : [spec.kernel.image]),
    ...spec.init,
    ...containers.map((container) => container.image),
  ];
}

/** A volume's image: for the system's architecture or, where it is kept as an image, for each of its platforms. */
function wantedByVolume(volume: VolumeSpec, system: Architecture): readonly WantedImage[] {
  const { image, format } = volume;
  if (image === undefined) return [];
  const architectures = format === 'oci' ? volumeArchitectures(volume, system) : [system];
  return architectures.map((arch) => ({ image, arch }));
}

export function sourceContext(options: ImageOptions): SourceContext {
  const { store, reporter, mirror, debianImage, sourceDateEpoch, refresh, engine, signal } = options;
  const of = { store, reporter, mirror, debianImage, sourceDateEpoch, engine, signal };
  const packages = createPackageContext({ ...of, rebuild: refresh });
  const { arch, orOnly, packagesDir, registry, pull, preferEngine } = options;
  const client = new RegistryClient(registry);
  return {
    store,
    arch,
    orOnly,
    packagesDir,
    packages,
    home: homedir(),
    registry: client,
    credentials: registry?.credentials,
    pull,
    reporter,
    signal,
    engine,
    preferEngine,
  };
}
