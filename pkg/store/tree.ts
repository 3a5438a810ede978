import { type Member, readHostFile } from '../archive/index.ts';
import { flatten, type FlattenOptions, type StoredImage } from '../image/index.ts';
import type { Store } from './store.ts';

/**
 * The file tree of an image: its layers on top of one another, each compared with what the image's configuration says
 * that it unpacks to.
 */
export function imageTree(store: Store, image: StoredImage, options: FlattenOptions = {}): AsyncIterable<Member> {
  const layers = image.manifest.layers.map(({ digest }, number) => ({
    open: () => readHostFile(store.blobPath(digest)),
    diffId: image.config.rootfs.diff_ids[number],
  }));
  return flatten(layers, { limits: store.limits, ...options });
}
