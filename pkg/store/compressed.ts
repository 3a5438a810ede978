import { gzip, lendHostFile } from '../archive/index.ts';
import { type Descriptor, isPlainLayer, mediaTypes, type StoredImage } from '../image/index.ts';
import type { WrittenBlob } from './blobs.ts';
import type { Store } from './store.ts';

/** gzip's default, which container engines push with. */
const gzipLevel = 6;

/** The image for others: with every layer compressed, and so under another digest than one of which some are not. */
export async function compressedImage(store: Store, image: StoredImage): Promise<StoredImage> {
  const { manifest, descriptor } = image;
  const isDocker = descriptor.mediaType === mediaTypes.dockerManifest;
  const mediaType = isDocker ? mediaTypes.dockerLayer : mediaTypes.layerGzip;
  const layers: Descriptor[] = [];
  for (const [number, layer] of manifest.layers.entries()) {
    layers.push(isPlainLayer(image, number) ? { ...layer, mediaType, ...(await compressed(store, layer)) } : layer);
  }
  if (layers.every((layer, number) => layer === manifest.layers[number])) return image;
  const written = await store.putJson({ ...manifest, layers }, descriptor.mediaType);
  return store.image({ ...descriptor, ...written });
}

async function compressed(store: Store, layer: Descriptor): Promise<WrittenBlob> {
  const id = layer.digest.slice('sha256:'.length);
  const known = (await store.readRecord('compressed', id)) as WrittenBlob | undefined;
  if (known !== undefined && (await store.hasBlob(known))) return known;
  const written = await store.writeBlob(gzip(lendHostFile(store.blobPath(layer.digest)), gzipLevel));
  await store.writeRecord('compressed', id, written);
  return written;
}
