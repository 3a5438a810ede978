import { type Descriptor, familiarReference, parseReference } from '../image/index.ts';
import type { ExportedImage } from './exported.ts';

/** The `manifest.json` of an archive that `docker load` reads; `nameOf` says what a blob is called in it. */
export function dockerManifest(
  images: readonly ExportedImage[],
  nameOf: (blob: Descriptor, part: 'config' | 'layer') => string,
): readonly object[] {
  const sorted = [...images].sort((a, b) => (a.image.descriptor.digest < b.image.descriptor.digest ? -1 : 1));
  return sorted.map(({ image: { manifest }, names }) => ({
    Config: nameOf(manifest.config, 'config'),
    RepoTags: names.flatMap(repoTag),
    Layers: manifest.layers.map((layer) => nameOf(layer, 'layer')),
  }));
}

/** Docker's own form of a name; it has none for digests and for what is no reference at all. */
function repoTag(name: string): readonly string[] {
  try {
    const { registry, repository, tag } = parseReference(name);
    return tag === undefined ? [] : [familiarReference({ registry, repository, tag })];
  } catch {
    return [];
  }
}
