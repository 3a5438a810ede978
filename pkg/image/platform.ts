import { ImageError } from './error.ts';
import type { ImageIndex } from './manifest.ts';
import type { Architecture, Descriptor, Platform } from './types.ts';

/** The variants that every machine of an architecture runs, best first; no variant at all comes before them. */
const variants: Readonly<Record<Architecture, readonly string[]>> = { amd64: ['v1'], arm64: ['v8'], riscv64: [] };

/**
 * The image of an index for Linux on an architecture.
 *
 * @param name names the index in the error
 * @throws {ImageError} `no-platform`, which lists what there is
 */
export function selectPlatform(index: ImageIndex, architecture: Architecture, name: string): Descriptor {
  const candidates = index.manifests
    .filter(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture)
    .map((descriptor) => ({ descriptor, rank: rank(descriptor.platform?.variant, variants[architecture]) }))
    .filter((candidate) => candidate.rank >= 0)
    .sort((a, b) => a.rank - b.rank);
  const best = candidates[0]?.descriptor;
  if (best !== undefined) return best;
  const there = index.manifests.flatMap(({ platform }) =>
    // BuildKit's attestations stand among the images.
    platform === undefined || platform.os === 'unknown' ? [] : [formatPlatform(platform)],
  );
  throw new ImageError('no-platform', `${name} has no image for linux/${architecture}`, {
    kind: 'input',
    hint: there.length === 0 ? 'It has no image for any platform.' : `It has ${[...new Set(there)].join(', ')}.`,
  });
}

function rank(variant: string | undefined, known: readonly string[]): number {
  return variant === undefined || variant === '' ? 0 : known.indexOf(variant) + (known.includes(variant) ? 1 : 0);
}

/** `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}
