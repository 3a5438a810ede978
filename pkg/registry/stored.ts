import {
  type Descriptor,
  type Digest,
  ImageError,
  type ImageReference,
  isForArchitecture,
  parseManifest,
  type StoredImage,
  type WantedPlatform,
} from '../image/index.ts';
import { readJsonObject, type Store, StoreError } from '../store/index.ts';
import { chooseImage, mediaTypeOf } from './manifest.ts';
import { nameInStore } from './store-name.ts';

/** Indexes may hold indexes; nobody nests them deeper than this. */
export const maxIndexDepth = 4;

/** What a reference stood for when it was last pulled: an index or a manifest. */
export async function remembered(store: Store, reference: ImageReference): Promise<Descriptor | undefined> {
  if (reference.digest !== undefined) return describe(store, reference.digest);
  return store.resolve(nameInStore(reference));
}

/** A digest says all but the size and the type, wherever the blob came from. */
async function describe(store: Store, digest: Digest): Promise<Descriptor | undefined> {
  const bytes = await readJsonObject(store.blobPath(digest));
  if (bytes === undefined) return undefined;
  try {
    const mediaType = mediaTypeOf(parseManifest(bytes, Infinity), undefined, digest);
    return { mediaType, digest, size: bytes.length };
  } catch (error) {
    if (error instanceof ImageError) return undefined;
    throw error;
  }
}

/**
 * The image for a platform, if the store has all of it.
 *
 * @throws {RegistryError} `no-platform`
 */
export async function wholeImage(
  store: Store,
  top: Descriptor,
  wanted: WantedPlatform,
  name: string,
): Promise<StoredImage | undefined> {
  try {
    let descriptor = top;
    for (let depth = 0; depth <= maxIndexDepth; depth++) {
      const content = parseManifest(await store.readBlob(descriptor), Infinity);
      if (content.kind === 'manifest') {
        const image = await store.image(descriptor);
        return isForArchitecture(image.config, wanted) ? image : undefined;
      }
      descriptor = chooseImage(content.index, wanted, name);
    }
    return undefined;
  } catch (error) {
    // What is missing or damaged is got again.
    if (error instanceof ImageError) return undefined;
    if (error instanceof StoreError && /^(missing-blob|.*-mismatch|corrupt)$/.test(error.code)) return undefined;
    throw error;
  }
}
