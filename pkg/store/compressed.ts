import { gzip, lendHostFile } from '../archive/index.ts';
import { type Descriptor, type Digest, isPlainLayer, mediaTypes, type StoredImage } from '../image/index.ts';
import type { Store } from './store.ts';

/** gzip's default, which container engines push with. */
const gzipLevel = 6;

/** The image for others: with every layer compressed, and so under another digest than one of which some are not. */
export async function compressedImage(store: Store, image: StoredImage): Promise<StoredImage> {
  const { manifest, descriptor } = image;
  const layers: Descriptor[] = [];
  for (const [number, layer] of manifest.layers.entries()) {
    layers.push(isPlainLayer(image, number) ? await compressedLayer(store, layer) : layer);
  }
  if (layers.every((layer, number) => layer === manifest.layers[number])) return image;
  const written = await store.putJson({ ...manifest, layers }, mediaTypes.manifest);
  return store.image({ ...descriptor, ...written });
}

async function compressedLayer(store: Store, layer: Descriptor): Promise<Descriptor> {
  const id = layer.digest.slice('sha256:'.length);
  const known = (await store.readRecord('compressed', id)) as WrittenLayer | undefined;
  const isThere = known !== undefined && (await store.hasBlob(known));
  const { digest, size } = isThere
    ? known
    : await store.writeBlob(gzip(lendHostFile(store.blobPath(layer.digest)), gzipLevel));
  if (!isThere) await store.writeRecord('compressed', id, { digest, size });
  return { ...layer, mediaType: mediaTypes.layerGzip, digest, size };
}

interface WrittenLayer {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}
