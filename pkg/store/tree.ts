import { type Member, readHostFile } from '../archive/index.ts';
import { flatten, type FlattenOptions, type StoredImage } from '../image/index.ts';
import type { Store } from './store.ts';

/** The file tree of an image: its layers on top of one another. */
export function imageTree(store: Store, image: StoredImage, options: FlattenOptions = {}): AsyncIterable<Member> {
  const layers = image.manifest.layers.map(({ digest }) => ({ open: () => readHostFile(store.blobPath(digest)) }));
  return flatten(layers, options);
}
