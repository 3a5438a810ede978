import { debianPackagesOf, type StoredImage } from '../image/index.ts';
import { contentsVersion, type ImageContents, isDatabase, readContents, SbomError } from '../sbom/index.ts';
import { imageTree, type Store } from '../store/index.ts';

/** A database of a whole distribution has a tenth of that. */
const maxDatabaseBytes = 64 << 20;

/**
 * What is in an image, found out once for each.
 *
 * @throws {SbomError} `too-large`
 */
export function imageContents(store: Store, image: StoredImage): Promise<ImageContents> {
  const { digest } = image.descriptor;
  return store.derivedJson({ kind: 'packages', version: contentsVersion, inputs: { image: digest } }, async () => {
    const files = new Map<string, string>();
    for await (const { entry, content } of imageTree(store, image)) {
      if (entry.type !== 'file' || !isDatabase(entry.path)) continue;
      if (entry.size > maxDatabaseBytes)
        throw new SbomError('too-large', `/${entry.path} of image ${digest} has ${entry.size} bytes`);
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(chunk);
      files.set(entry.path, Buffer.concat(chunks).toString('utf8'));
    }
    return readContents(files, debianPackagesOf(image.manifest));
  });
}
