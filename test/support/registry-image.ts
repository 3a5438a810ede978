import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Architecture, type Descriptor, mediaTypes, sha256, type StoredImage } from '../../pkg/image/index.ts';
import type { Store } from '../../pkg/store/index.ts';
import { rawTar } from '../unit/archive/raw-tar.ts';

export interface ImageParts {
  readonly arch?: Architecture;
  /** Compressed archives, the lowest first. @default one with a file of 64 random bytes */
  readonly layers?: readonly Buffer[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A layer with one file of that many random bytes. */
export function randomLayer(bytes = 64): Buffer {
  return gzipSync(rawTar([{ name: 'random', data: randomBytes(bytes) }]), { level: 1 });
}

/** A layer with these files. */
export function layerOf(files: Readonly<Record<string, string>>): Buffer {
  return gzipSync(rawTar(Object.entries(files).map(([name, data]) => ({ name, data, mode: 0o755 }))));
}

/** Puts an image into a store, under no name. */
export async function makeImage(
  store: Store,
  { arch = 'amd64', layers = [randomLayer()], labels = {} }: ImageParts = {},
): Promise<StoredImage> {
  const stored = await Promise.all(layers.map((layer) => store.putBytes(layer, mediaTypes.layerGzip)));
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => sha256(gunzipSync(layer))) };
  const config = await store.putJson(
    { architecture: arch, os: 'linux', config: { Labels: labels }, rootfs },
    mediaTypes.config,
  );
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: stored };
  return store.image(await store.putJson(manifest, mediaTypes.manifest));
}

/** Puts an index of images into a store, under no name. */
export function makeIndex(store: Store, images: readonly StoredImage[]): Promise<Descriptor> {
  const manifests = images.map(({ descriptor, config: { architecture, os } }) => ({
    ...descriptor,
    platform: { architecture, os },
  }));
  return store.putJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, mediaTypes.index);
}
