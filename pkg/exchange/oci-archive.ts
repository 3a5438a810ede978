import { type Member, writeTar } from '../archive/index.ts';
import { type Descriptor, formatReference, mediaTypes, parseReference } from '../image/index.ts';
import { refNameAnnotation, type Store } from '../store/index.ts';
import { dockerManifest } from './docker-manifest.ts';
import type { ExportedImage } from './exported.ts';
import { blobMember, directoryMember, hexOf, jsonMember } from './members.ts';

/** Where containerd and Docker look for the whole name of an image. */
export const containerdNameAnnotation = 'io.containerd.image.name';

/**
 * Images as an OCI archive: an image layout in a tar (image-spec, image-layout.md). Blobs are as they are in the store,
 * and one that several images share is there once. What describes the images comes first, so that a reader knows what
 * it gets. As `docker save` does since Docker 25, it says the same in a `manifest.json` for engines that read no layouts.
 * The same images make the same bytes.
 */
export function ociArchive(store: Store, images: readonly ExportedImage[]): AsyncGenerator<Buffer> {
  return writeTar(members(store, images));
}

async function* members(store: Store, images: readonly ExportedImage[]): AsyncGenerator<Member> {
  yield jsonMember('oci-layout', { imageLayoutVersion: '1.0.0' });
  yield jsonMember('index.json', {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: images.flatMap(describe).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)),
  });
  yield jsonMember('manifest.json', dockerManifest(images, blobName));
  yield directoryMember('blobs');
  yield directoryMember('blobs/sha256');
  const manifests = images.map(({ image }) => image.descriptor);
  const configs = images.map(({ image }) => image.manifest.config);
  const layers = images.flatMap(({ image }) => image.manifest.layers);
  const written = new Set<string>();
  for (const blobs of [manifests, configs, layers]) {
    for (const blob of [...blobs].sort((a, b) => (a.digest < b.digest ? -1 : 1))) {
      if (written.has(blob.digest)) continue;
      written.add(blob.digest);
      yield await Promise.resolve(blobMember(store, blobName(blob), blob));
    }
  }
}

function blobName({ digest }: Descriptor): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** An image stands in the index once for each of its names. */
function describe({ image: { descriptor, config }, names }: ExportedImage): readonly Descriptor[] {
  const { mediaType, digest, size } = descriptor;
  const { os, architecture, variant } = config;
  const platform = { os, architecture, ...(variant !== undefined && { variant }) };
  const plain = { mediaType, digest, size, platform };
  if (names.length === 0) return [plain];
  return names.map((name) => ({ ...plain, annotations: { ...containerdName(name), [refNameAnnotation]: name } }));
}

function containerdName(name: string): Readonly<Record<string, string>> {
  try {
    return { [containerdNameAnnotation]: formatReference(parseReference(name)) };
  } catch {
    return {};
  }
}

function sortKey({ digest, annotations }: Descriptor): string {
  return `${annotations?.[refNameAnnotation] ?? '~'} ${digest}`;
}
