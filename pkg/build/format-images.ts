import type { Architecture, StoredImage } from '../image/index.ts';
import { type Format, type LoaderName, needsOf } from '../output/index.ts';
import type { Images } from '../plan/index.ts';
import type { NamedImage } from '../spec/index.ts';

/** lkit's own packages that formats need beside the system's images. */
export type FormatImages = ReadonlyMap<LoaderName, NamedImage>;

export function formatImages(formats: readonly Format[], arch: Architecture): FormatImages {
  const names = formats.flatMap((format) => needsOf(format, arch).loader ?? []);
  return new Map(names.map((name) => [name, { text: `pkg:${name}`, baseDir: '/' }]));
}

/** Every image that an output takes beside the system's own. */
export function outputImages(loaders: FormatImages, firmware: NamedImage | undefined): readonly NamedImage[] {
  return [...loaders.values(), ...(firmware === undefined ? [] : [firmware])];
}

export function loadersOf(wanted: FormatImages, images: Images): ReadonlyMap<LoaderName, StoredImage> {
  return new Map(
    [...wanted].flatMap(([name, spec]) => {
      const image = images.get(spec);
      return image === undefined ? [] : [[name, image] as const];
    }),
  );
}
