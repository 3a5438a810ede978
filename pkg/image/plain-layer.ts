import type { StoredImage } from './types.ts';

/** Whether a layer, counted from 0, is not compressed: then its digest is its diff id (image-spec, config.md, "Layer DiffID"). */
export function isPlainLayer({ manifest, config }: StoredImage, number: number): boolean {
  return manifest.layers[number]?.digest === config.rootfs.diff_ids[number];
}
