import type { Member } from '../archive/index.ts';
import { type Descriptor, mediaTypes, sha256, type StoredImage } from '../image/index.ts';
import { refNameAnnotation, type Store } from '../store/index.ts';
import { directory, file, hostFile } from './members.ts';

/** Counts up when the files made here change for the same images. */
export const layoutVersion = 1;

/**
 * Images as an OCI image layout (image-spec, image-layout.md): their own blobs, unchanged. One image stands in index.json
 * itself; several, each for a platform, in an index of their own, so that tools choose by platform.
 *
 * @param reference the image's name; left out where the specification does not allow it as one
 */
export function* imageLayout(
  store: Pick<Store, 'blobPath'>,
  reference: string,
  images: readonly StoredImage[],
): Generator<Member> {
  const manifests = images.map(describe);
  const nested = manifests.length === 1 ? undefined : toIndex(manifests);
  const top = nested === undefined ? manifests : [nested.descriptor];
  yield file('oci-layout', 0o444, Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  yield file('index.json', 0o444, toIndex(top.map((each) => ({ ...each, ...named(reference) }))).bytes);
  yield directory('blobs', 0o755);
  yield directory('blobs/sha256', 0o755);
  if (nested !== undefined) yield file(blobName(nested.descriptor), 0o444, nested.bytes);
  const blobs = images.flatMap(({ descriptor, manifest }) => [descriptor, manifest.config, ...manifest.layers]);
  for (const blob of new Map(blobs.map((each) => [each.digest, each])).values()) {
    yield hostFile(blobName(blob), 0o444, { file: store.blobPath(blob.digest), size: blob.size });
  }
}

function describe({ descriptor: { mediaType, digest, size }, config }: StoredImage): Descriptor {
  const { os, architecture, variant } = config;
  return { mediaType, digest, size, platform: { os, architecture, ...(variant !== undefined && { variant }) } };
}

function toIndex(manifests: readonly Descriptor[]): { readonly bytes: Buffer; readonly descriptor: Descriptor } {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  return { bytes, descriptor: { mediaType: mediaTypes.index, digest: sha256(bytes), size: bytes.length } };
}

/** The grammar of names: image-spec, annotations.md, "org.opencontainers.image.ref.name". */
function named(reference: string): Pick<Descriptor, 'annotations'> {
  const isName = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--|\/)[A-Za-z0-9]+)*$/.test(reference);
  return isName ? { annotations: { [refNameAnnotation]: reference } } : {};
}

function blobName({ digest }: Descriptor): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}
