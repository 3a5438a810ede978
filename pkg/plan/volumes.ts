import { type BundleFile, volumePaths } from '../bundle/index.ts';
import { LkitError } from '../errors/index.ts';
import type { VolumeSpec } from '../spec/index.ts';
import type { Images, TreePlan } from './types.ts';

export type VolumeErrorCode = 'unsupported-volume';

/** A volume that cannot be made. */
export class VolumeError extends LkitError<VolumeErrorCode> {}

/** A volume's folders, and its image's tree. Init mounts what containers see; without `tmp` it is read-only. */
export function planVolume(
  volume: VolumeSpec,
  images: Images,
): { readonly files: readonly BundleFile[]; readonly tree: TreePlan | undefined } {
  if (volume.format === 'oci') {
    throw new VolumeError('unsupported-volume', `volume "${volume.name}": lkit cannot make volumes of format oci yet`, {
      kind: 'input',
      at: volume.at,
    });
  }
  const { lower, tmp, merged } = volumePaths(volume.name);
  const folders = volume.readonly ? [lower, merged] : [lower, tmp, merged];
  const image = volume.image && images.get(volume.image);
  return {
    files: folders.map((path) => ({
      path: path.slice(1),
      mode: 0o755,
      uid: 0,
      gid: 0,
      content: { kind: 'directory' },
    })),
    tree: image && { name: volume.name, image, treatment: 'init', path: lower },
  };
}
