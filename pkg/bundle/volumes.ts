import { nearest } from '../errors/index.ts';
import type { VolumeSpec } from '../spec/index.ts';
import { bundleError, type Subject } from './error.ts';

/**
 * Where a volume lies in the guest. `lower` holds its image's tree; containers see `merged`, over which init mounts
 * an overlay with its upper layer on `tmp` or, for a read-only volume, `lower` itself, read-only.
 */
export function volumePaths(name: string): { readonly lower: string; readonly tmp: string; readonly merged: string } {
  const base = `/containers/volumes/${name}`;
  return { lower: `${base}/lower`, tmp: `${base}/tmp`, merged: `${base}/merged` };
}

/**
 * The source of a bind mount: a path as it is, or the folder of the volume that it names.
 *
 * @throws {BundleError} `unknown-volume`; `readonly-volume` when a read-only volume is to be mounted writable
 */
export function bindSource(
  subject: Subject,
  { key, item }: { readonly key: 'binds' | 'mounts'; readonly item?: string },
  source: string,
  options: readonly string[],
  volumes: ReadonlyMap<string, VolumeSpec>,
): string {
  if (source.startsWith('/')) return source;
  const volume = volumes.get(source);
  if (volume === undefined) {
    const near = nearest(source, volumes.keys());
    const hint =
      near.length > 0
        ? `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
        : 'A source is an absolute path of the guest, or the name of a volume under "volumes:".';
    throw bundleError(subject, 'unknown-volume', key, `there is no volume "${source}"`, hint, { item });
  }
  if (volume.readonly && (!options.includes('ro') || options.includes('rw'))) {
    const problem = `volume "${source}" is read-only and cannot be mounted writable`;
    throw bundleError(subject, 'readonly-volume', key, problem, 'Add the option "ro".', { item });
  }
  return volumePaths(source).merged;
}
