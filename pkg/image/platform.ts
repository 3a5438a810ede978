import { ImageError } from './error.ts';
import type { ImageIndex } from './manifest.ts';
import type { Descriptor, Platform } from './types.ts';

/** Which of an image's platforms is wanted. The operating system is always Linux. */
export interface WantedPlatform {
  /** OCI's name of the architecture, with a variant where one is asked for: `amd64`, `arm/v6`. */
  readonly arch: string;
  /** Whether an image for something else will do where there is no other. @default false */
  readonly orOnly?: boolean | undefined;
}

/** The variants that a machine runs, best first; an empty text stands for an image that names none. */
const variantsOf: Readonly<Record<string, readonly string[]>> = {
  amd64: ['', 'v1'],
  arm64: ['', 'v8'],
  arm: ['', 'v7', 'v6', 'v5'],
  'arm/v8': ['v8', '', 'v7', 'v6', 'v5'],
  'arm/v7': ['v7', '', 'v6', 'v5'],
  'arm/v6': ['v6', 'v5'],
  'arm/v5': ['v5'],
};

/**
 * The image of an index for a platform.
 *
 * @param name names the index in the error
 * @throws {ImageError} `no-platform`, which lists what there is
 */
export function selectPlatform(index: ImageIndex, { arch, orOnly = false }: WantedPlatform, name: string): Descriptor {
  const ranked = index.manifests
    .map((descriptor) => ({
      descriptor,
      rank: descriptor.platform === undefined ? -1 : rank(descriptor.platform, arch),
    }))
    .filter((candidate) => candidate.rank >= 0)
    .sort((a, b) => a.rank - b.rank);
  const best = ranked[0]?.descriptor;
  if (best !== undefined) return best;
  // BuildKit's attestations stand among the images.
  const images = index.manifests.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown');
  // Its configuration says what it is for. Among images that say it themselves, it is none: a bill of materials, say.
  const [unsaid, secondUnsaid] = index.manifests.filter(({ platform }) => platform === undefined);
  if (unsaid !== undefined && secondUnsaid === undefined && images.length === 0) return unsaid;
  const [only, another] = images.filter(({ platform }) => platform?.os === 'linux');
  if (orOnly && only !== undefined && another === undefined) return only;
  const there = new Set(images.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)])));
  throw new ImageError('no-platform', `${name} has no image for linux/${arch}`, {
    kind: 'input',
    hint: there.size === 0 ? 'It has no image for any platform.' : `It has ${[...there].join(', ')}.`,
  });
}

/** Whether what is for one architecture, as an image's configuration names it, will do. */
export function isForArchitecture(
  { architecture, variant }: Pick<Platform, 'architecture' | 'variant'>,
  { arch, orOnly = false }: WantedPlatform,
): boolean {
  if (orOnly || arch === architecture) return true;
  return (
    arch.includes('/') && rank({ os: 'linux', architecture, ...(variant !== undefined && { variant }) }, arch) >= 0
  );
}

/** How well an image suits a machine: the less, the better; negative when it does not. */
function rank({ os, architecture, variant = '' }: Platform, arch: string): number {
  const [name = '', wanted = ''] = arch.split('/');
  if (os !== 'linux' || architecture !== name) return -1;
  return (variantsOf[arch] ?? [...new Set([wanted, ''])]).indexOf(variant);
}

/** `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}
