import { formatReference, ImageError, parseReference, UntrustedJson } from '../image/index.ts';
import type { SourceError } from './error.ts';
import { fault, type Named } from './fault.ts';

/** One image of a `docker save` archive: an element of its `manifest.json`. Paths are those of the archive. */
export interface DockerImage {
  readonly config: string;
  readonly tags: readonly string[];
  /** Lowest first. */
  readonly layers: readonly string[];
}

/** @throws {ImageError} `invalid-manifest` */
export function parseDockerManifest(bytes: Buffer): readonly DockerImage[] {
  const fail = (message: string): Error => new ImageError('invalid-manifest', `its manifest.json ${message}`);
  const json = UntrustedJson.parse(bytes, fail);
  return json.list().map((each) => ({
    config: each.get('Config').string(),
    tags: each.get('RepoTags').optional((tags) => tags.strings()) ?? [],
    layers: each.get('Layers').optional((layers) => layers.strings()) ?? [],
  }));
}

/**
 * The image of that name; without one, the only image. `@0` is the first one, as skopeo counts them.
 *
 * @param archive for messages
 * @throws {SourceError} `no-image`
 */
export function selectDockerImage(
  images: readonly DockerImage[],
  ref: string | undefined,
  archive: string,
  image: Named,
): DockerImage {
  const candidates = ref === undefined ? images : imagesNamed(images, ref);
  const [first, second] = candidates;
  if (first && !second) return first;
  const which = ref === undefined ? '' : ` named "${ref}"`;
  const count = first ? `${candidates.length} images${which}` : `no image${which}`;
  throw noImage(`${archive} has ${count}`, images, image);
}

function imagesNamed(images: readonly DockerImage[], ref: string): readonly DockerImage[] {
  const index = /^@(\d+)$/.exec(ref)?.[1];
  if (index !== undefined) return images.slice(Number(index), Number(index) + 1);
  const wanted = normal(ref);
  return images.filter(({ tags }) => tags.some((tag) => tag === ref || normal(tag) === wanted));
}

/** `busybox` and `docker.io/library/busybox:latest` are one name. */
function normal(name: string): string {
  try {
    return formatReference(parseReference(name));
  } catch {
    return name;
  }
}

function noImage(message: string, images: readonly DockerImage[], image: Named): SourceError {
  const names = images.map(({ tags }, index) => (tags.length === 0 ? `@${index}` : tags.join(', ')));
  const hint = names.length === 0 ? undefined : `It has ${names.join('; ')}: write one of them after the path and ":".`;
  return fault('no-image', message, image, hint);
}
