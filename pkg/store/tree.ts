import { type BytePath, lendHostFile, type Member, readHostFile } from '../archive/index.ts';
import {
  flatten,
  type FlattenOptions,
  imageFile as fileOfLayers,
  layerNames,
  type NamedLayer,
  type StoredImage,
} from '../image/index.ts';
import type { Store } from './store.ts';

/**
 * The file tree of an image: its layers on top of one another, each compared with what the image's configuration says
 * that it unpacks to.
 */
export function imageTree(store: Store, image: StoredImage, options: FlattenOptions = {}): AsyncIterable<Member> {
  return flatten(layersOf(store, image), { limits: store.limits, ...options });
}

/** One file of an image's tree, if it has it: a single member, or none. Reads no more of the layers than they need. */
export function imageFile(
  store: Store,
  image: StoredImage,
  path: BytePath,
  options: Pick<FlattenOptions, 'lend'> = {},
): AsyncIterable<Member> {
  return fileOfLayers(layersOf(store, image), path, { limits: store.limits, ...options });
}

function layersOf(store: Store, { manifest, config }: StoredImage): readonly NamedLayer[] {
  return manifest.layers.map((layer, number) => ({
    open: () => readHostFile(store.blobPath(layer.digest)),
    lend: () => lendHostFile(store.blobPath(layer.digest)),
    diffId: config.rootfs.diff_ids[number],
    names: layerNames(layer),
  }));
}
