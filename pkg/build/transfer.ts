import { type Digest, parseReference, type StoredImage } from '../image/index.ts';
import { pushImage, RegistryClient } from '../registry/index.ts';
import { resolveImage } from '../source/index.ts';
import { compressedImage, recordPull } from '../store/index.ts';
import { concurrently } from './concurrently.ts';
import { type ImageOptions, sourceContext } from './resolve.ts';

/** Images that are got at the same time; each of them gets its layers side by side. */
const parallelImages = 2;

export interface GotImage {
  /** As the caller named it. */
  readonly text: string;
  readonly image: StoredImage;
}

/** Gets images into the store, from wherever their names say; paths are relative to `baseDir`. */
export function getImages(
  texts: readonly string[],
  baseDir: string,
  options: ImageOptions,
): Promise<readonly GotImage[]> {
  const context = sourceContext(options);
  return concurrently(texts, parallelImages, async (text) => ({
    text,
    image: await resolveImage({ text, baseDir }, context),
  }));
}

/**
 * As `getImages`; the store then knows the images by what they were called here.
 *
 * @param onPulled told of each image as soon as it is there, also where another one cannot be had
 */
export async function pullImages(
  texts: readonly string[],
  baseDir: string,
  options: ImageOptions,
  onPulled: (pulled: GotImage) => void,
): Promise<void> {
  const context = sourceContext(options);
  await concurrently(texts, parallelImages, async (text) => {
    const image = await resolveImage({ text, baseDir }, context);
    await recordPull(options.store, { text, baseDir, architecture: options.arch, digest: image.descriptor.digest });
    onPulled({ text, image });
  });
}

/**
 * Copies an image of the store to a registry, with all of its layers compressed.
 *
 * @param to where to: `ghcr.io/me/web:1.2`
 * @throws {ImageError} `invalid-reference`
 * @throws {RegistryError}
 */
export async function pushStoredImage(image: StoredImage, to: string, options: ImageOptions): Promise<Digest> {
  const { store, reporter, signal, registry } = options;
  const client = new RegistryClient(registry);
  const reference = parseReference(to);
  return pushImage(await compressedImage(store, image), reference, { client, store, reporter, signal });
}
