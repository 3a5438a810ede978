import path from 'node:path';
import { type Descriptor, parseReference } from '../image/index.ts';
import { nameInStore } from '../registry/index.ts';
import { resolveImage } from '../source/index.ts';
import { type ImageOptions, sourceContext } from './resolve.ts';

/** An image that came out of an archive, and what the store calls it. */
export interface SavedImage {
  readonly descriptor: Descriptor;
  readonly name: string | undefined;
  /** OCI's name. */
  readonly architecture: string;
}

/**
 * Brings the images of an archive of `docker save` into the store, under the names that they have there.
 *
 * @param tags the names of each image
 * @throws {SourceError} `bad-image`
 */
export async function importDockerSave(
  file: string,
  tags: readonly (readonly string[])[],
  options: ImageOptions,
): Promise<readonly SavedImage[]> {
  const { store } = options;
  const imported: SavedImage[] = [];
  for (const names of tags) {
    const [first] = names;
    const text = `docker-archive:${path.resolve(file)}${first === undefined ? '' : `:${first}`}`;
    const { descriptor, config } = await resolveImage({ text, baseDir: '/' }, sourceContext(options));
    const { architecture } = config;
    for (const name of names) {
      const stored = nameInStore(parseReference(name));
      await store.tag(stored, descriptor);
      imported.push({ descriptor, name: stored, architecture });
    }
    if (first === undefined) imported.push({ descriptor, name: undefined, architecture });
  }
  return imported;
}
