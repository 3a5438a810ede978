import { gzip, lendHostFile } from '../archive/index.ts';
import { type Descriptor, isPlainLayer, type Manifest, mediaTypes, sha256, type StoredImage } from '../image/index.ts';
import type { WrittenBlob } from './blobs.ts';
import type { Store } from './store.ts';

/** gzip's default, which container engines push with. */
const gzipLevel = 6;

/** An image on its way out. */
export interface CompressedImage {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  /** The manifest's own, which is in the store only where no layer had to be compressed. */
  readonly bytes: Buffer;
}

/**
 * The image for others: with every layer compressed, and so under another digest than one of which some are not. In the
 * store it is no image of its own: only the layers stay, to be compressed once.
 */
export async function compressedImage(store: Store, image: StoredImage): Promise<CompressedImage> {
  const { manifest, descriptor } = image;
  const isDocker = descriptor.mediaType === mediaTypes.dockerManifest;
  const mediaType = isDocker ? mediaTypes.dockerLayer : mediaTypes.layerGzip;
  const layers: Descriptor[] = [];
  for (const [number, layer] of manifest.layers.entries()) {
    layers.push(isPlainLayer(image, number) ? { ...layer, mediaType, ...(await compressed(store, layer)) } : layer);
  }
  if (layers.every((layer, number) => layer === manifest.layers[number])) {
    return { descriptor, manifest, bytes: await store.readBlob(descriptor) };
  }
  const compressedManifest = { ...manifest, layers };
  const bytes = Buffer.from(JSON.stringify(compressedManifest));
  return {
    descriptor: { ...descriptor, digest: sha256(bytes), size: bytes.length },
    manifest: compressedManifest,
    bytes,
  };
}

async function compressed(store: Store, layer: Descriptor): Promise<WrittenBlob> {
  const id = layer.digest.slice('sha256:'.length);
  const known = (await store.readRecord('compressed', id)) as WrittenBlob | undefined;
  if (known !== undefined && (await store.hasBlob(known))) return known;
  const written = await store.writeBlob(gzip(lendHostFile(store.blobPath(layer.digest)), gzipLevel));
  await store.writeRecord('compressed', id, written);
  return written;
}
