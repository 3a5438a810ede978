import { homedir } from 'node:os';
import type { Architecture, StoredImage } from '../image/index.ts';
import { createPackageContext } from '../package/index.ts';
import type { Images } from '../plan/index.ts';
import type { Reporter } from '../report/index.ts';
import { resolveImage, type SourceContext } from '../source/index.ts';
import type { ImageSpec, Spec } from '../spec/index.ts';
import type { Store } from '../store/index.ts';
import { concurrently } from './concurrently.ts';

/** What images come out of, for one command. */
export interface ImageOptions {
  readonly arch: Architecture;
  readonly store: Store;
  /** The folder that `pkg:NAME` refers to. */
  readonly packagesDir: string;
  readonly reporter: Reporter;
  /** Ask for newer versions of what packages are made from. @default false */
  readonly refresh?: boolean;
  /** Address of a Debian mirror. @default the host's own sources */
  readonly mirror?: string | undefined;
  /** Image of the Debian container that fetches packages where the host has no apt. @default debian:bookworm-slim */
  readonly debianImage?: string | undefined;
  /** Seconds since 1970 that files made by lkit carry (`SOURCE_DATE_EPOCH`). @default 0 */
  readonly sourceDateEpoch?: number | undefined;
}

/** Packages and images that are got at the same time: one waits for the network while the other computes. */
const parallelImages = 2;

/** Gets every image of the specification into the store. An image that is named several times is got once. */
export async function resolveImages(spec: Spec, options: ImageOptions): Promise<Images> {
  const context = sourceContext(options);
  const specs = imagesOf(spec);
  const keyOf = ({ text, baseDir }: ImageSpec): string => `${baseDir}\0${text}`;
  const distinct = new Map(specs.map((image) => [keyOf(image), image]));
  const stored = new Map<string, StoredImage>();
  await concurrently([...distinct], parallelImages, async ([key, image]) => {
    stored.set(key, await resolveImage(image, context));
  });
  return new Map(
    specs.flatMap((image) => {
      const found = stored.get(keyOf(image));
      return found === undefined ? [] : [[image, found] as const];
    }),
  );
}

function imagesOf(spec: Spec): readonly ImageSpec[] {
  const containers = [...spec.onboot, ...spec.onshutdown, ...spec.services];
  return [
    ...(spec.kernel === undefined ? [] : [spec.kernel.image]),
    ...spec.init,
    ...containers.map((container) => container.image),
    ...spec.volumes.flatMap((volume) => volume.image ?? []),
  ];
}

export function sourceContext(options: ImageOptions): SourceContext {
  const { store, reporter, mirror, debianImage, sourceDateEpoch, refresh } = options;
  const packages = createPackageContext({ store, reporter, mirror, debianImage, sourceDateEpoch, rebuild: refresh });
  return { store, arch: options.arch, packagesDir: options.packagesDir, packages, home: homedir() };
}
