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

/** Puts a tree into the store as a compressed layer. The same members give the same bytes. `level` is gzip's, 1 to 9. */
export async function putLayer(store: Store, members: AsyncIterable<Member>, level: number): Promise<StoredLayer> {
  const diff = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of writeTar(members)) {
      diff.update(chunk);
      yield chunk;
    }
  }
  const { digest, size } = await store.writeBlob(gzip(hashed(), level));
  return { descriptor: { mediaType: mediaTypes.layerGzip, digest, size }, diffId: `sha256:${diff.digest('hex')}` };
}
