import { type BundleFile, volumePaths } from '../bundle/index.ts';
import type { VolumeSpec } from '../spec/index.ts';
import { VolumeError } from './platforms.ts';
import type { Images, LayoutImages, LayoutPlan, TreePlan } from './types.ts';

export interface VolumePlan {
  readonly files: readonly BundleFile[];
  readonly tree?: TreePlan;
  readonly layout?: LayoutPlan;
}

/**
 * A volume's folders, and what fills it. Init mounts what containers see; without `tmp` it is read-only.
 *
 * @throws {VolumeError} `no-volume-image`
 */
export function planVolume(volume: VolumeSpec, images: Images, layouts: LayoutImages): VolumePlan {
  const { name, image } = volume;
  const { lower, tmp, merged } = volumePaths(name);
  const files = (volume.readonly ? [lower, merged] : [lower, tmp, merged]).map(folder);
  if (volume.format === 'oci') {
    if (image !== undefined) {
      return { files, layout: { name, reference: image.text, images: layouts.get(volume) ?? [], path: lower } };
    }
    throw new VolumeError('no-volume-image', `volume "${name}" is to hold an image, and names none`, {
      kind: 'input',
      at: volume.at,
      hint: 'Add "image:", or leave out "format: oci" for an empty volume.',
    });
  }
  const stored = image && images.get(image);
  return stored === undefined ? { files } : { files, tree: { name, image: stored, treatment: 'init', path: lower } };
}

function folder(path: string): BundleFile {
  return { path: path.slice(1), mode: 0o755, uid: 0, gid: 0, content: { kind: 'directory' } };
}
