import { createHash } from 'node:crypto';
import { type Compression, decompress, detectCompression, readHostFile } from '../archive/index.ts';
import { Budget, type Descriptor, type Digest, ImageError, mediaTypes } from '../image/index.ts';
import type { Store, WrittenBlob } from '../store/index.ts';

const layerTypes: Readonly<Record<Exclude<Compression, 'xz'>, string>> = {
  none: mediaTypes.layer,
  gzip: mediaTypes.layerGzip,
  zstd: mediaTypes.layerZstd,
};

/**
 * Describes a layer that is in the store, whose uncompressed bytes have to be what the image's configuration says.
 *
 * @param file names the layer in the error
 * @throws {ImageError} `digest-mismatch`, `limit-exceeded`
 */
export async function layerDescriptor(
  file: string,
  blob: WrittenBlob,
  diffId: Digest,
  store: Store,
): Promise<Descriptor> {
  const compression = await compressionOf(store.blobPath(blob.digest));
  const found = await unpackedDigest(blob, store);
  if (found !== diffId) {
    const message = `layer ${file} should be ${diffId} by the image's configuration, but is ${found}`;
    throw new ImageError('digest-mismatch', message);
  }
  if (compression !== 'xz') return { mediaType: layerTypes[compression], digest: blob.digest, size: blob.size };
  // No specification knows such layers: elsewhere it would not be read.
  const plain = await store.writeBlob(decompress(readHostFile(store.blobPath(blob.digest))));
  return { mediaType: mediaTypes.layer, digest: plain.digest, size: plain.size };
}

/** How a file is compressed, by its first bytes. */
export async function compressionOf(file: string): Promise<Compression> {
  for await (const chunk of readHostFile(file)) return detectCompression(chunk);
  return 'none';
}

/** The digest of a layer's uncompressed bytes: its diff id (image-spec, config.md, "Layer DiffID"). */
export async function unpackedDigest({ digest, size }: WrittenBlob, store: Store): Promise<Digest> {
  if ((await compressionOf(store.blobPath(digest))) === 'none') return digest;
  const budget = new Budget(store.limits);
  const hash = createHash('sha256');
  let unpacked = 0;
  for await (const chunk of decompress(readHostFile(store.blobPath(digest)))) {
    budget.unpacked(chunk.length);
    budget.ratio(size, (unpacked += chunk.length));
    hash.update(chunk);
  }
  return `sha256:${hash.digest('hex')}`;
}
