import { ImageError } from './error.ts';
import { mediaTypes } from './types.ts';

const layerTypes = new Set<string>([
  mediaTypes.layer,
  mediaTypes.layerGzip,
  mediaTypes.layerZstd,
  mediaTypes.dockerLayer,
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.zstd',
  // Layers that a registry need not hold; where it does, they are like others.
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
]);

/** @throws {ImageError} `unsupported-media-type` */
export function checkLayerType(mediaType: string): void {
  if (layerTypes.has(mediaType)) return;
  const encrypted = mediaType.endsWith('+encrypted');
  throw new ImageError(
    'unsupported-media-type',
    encrypted ? 'the image is encrypted, and lkit has no keys' : `layers of type "${mediaType}" are not supported`,
  );
}

/**
 * @param artifactType what something says that it is, if it is no image: its configuration may be empty then
 * @throws {ImageError} `unsupported-media-type`
 */
export function checkConfigType(mediaType: string, artifactType: string | undefined): void {
  if (mediaType === mediaTypes.config || mediaType === mediaTypes.dockerConfig) return;
  throw new ImageError(
    'unsupported-media-type',
    `this is no container image, but holds "${artifactType ?? mediaType}"`,
  );
}

/** Also what older tools leave out: then the shape tells. */
export function isIndexType(mediaType: string | undefined): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

export function isManifestType(mediaType: string | undefined): boolean {
  return mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest;
}
