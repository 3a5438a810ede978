import { createHash } from 'node:crypto';
import { gzip, type Member, writeTar } from '../archive/index.ts';
import { type Descriptor, type Digest, mediaTypes } from '../image/index.ts';
import type { Store } from './store.ts';

/** A layer in the store. */
export interface StoredLayer {
  readonly descriptor: Descriptor;
  /** Digest of the uncompressed tar (image-spec, config.md, "Layer DiffID"). */
  readonly diffId: Digest;
}

/**
 * Puts a tree into the store as a layer. Its members' content may be lent (see `lendHostFile`). The same members give
 * the same bytes.
 *
 * @param level gzip's, 1 to 9. Without it the layer stays uncompressed: to compress and decompress what is packed another
 *   way soon takes longer than all else
 */
export async function putLayer(store: Store, members: AsyncIterable<Member>, level?: number): Promise<StoredLayer> {
  const tar = writeTar(members, { lend: true });
  if (level === undefined) {
    const { digest, size } = await store.writeBlob(tar);
    return { descriptor: { mediaType: mediaTypes.layer, digest, size }, diffId: digest };
  }
  const diff = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of tar) {
      diff.update(chunk);
      yield chunk;
    }
  }
  const { digest, size } = await store.writeBlob(gzip(hashed(), level));
  return { descriptor: { mediaType: mediaTypes.layerGzip, digest, size }, diffId: `sha256:${diff.digest('hex')}` };
}
