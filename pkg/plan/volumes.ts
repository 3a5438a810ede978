import { type BundleFile, volumePaths } from '../bundle/index.ts';
import type { VolumeSpec } from '../spec/index.ts';
import type { Images, LayoutImages, LayoutPlan, TreePlan } from './types.ts';

export interface VolumePlan {
  readonly files: readonly BundleFile[];
  readonly tree?: TreePlan;
  readonly layout?: LayoutPlan;
}

/**
 * A volume's folders, and what fills it: without an image nothing, whatever its format. Init mounts what containers see;
 * without `tmp` it is read-only.
 */
export function planVolume(volume: VolumeSpec, images: Images, layouts: LayoutImages): VolumePlan {
  const { name, image } = volume;
  const { lower, tmp, merged } = volumePaths(name);
  const files = (volume.readonly ? [lower, merged] : [lower, tmp, merged]).map(folder);
  if (volume.format === 'oci' && image !== undefined) {
    return { files, layout: { name, reference: image.text, images: layouts.get(volume) ?? [], path: lower } };
  }
  const stored = image && images.get(image);
  return stored === undefined ? { files } : { files, tree: { name, image: stored, treatment: 'init', path: lower } };
}

function folder(path: string): BundleFile {
  return { path: path.slice(1), mode: 0o755, uid: 0, gid: 0, content: { kind: 'directory' } };
}
