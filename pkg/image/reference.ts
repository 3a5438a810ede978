import type { Location } from '../errors/index.ts';
import { isDigest } from './digest.ts';
import { ImageError } from './error.ts';
import type { Digest } from './types.ts';

/** Where an image is: always complete, whatever was left out of the text. */
export interface ImageReference {
  /** Host and, where given, port: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/alpine`. */
  readonly repository: string;
  /** Case matters. Absent only where there is a digest. */
  readonly tag?: string;
  /** What the image must be; then the tag is no more than a note. */
  readonly digest?: Digest;
}

const maxNameLength = 255;
const hostForm =
  /^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(:\d{1,5})?$/;
const componentForm = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;

/**
 * Reads `[registry/]repository[:tag][@digest]` as Docker does (distribution/reference): the first part is a registry
 * when it has a dot or a port or is `localhost`; else the registry is `docker.io`, where single names are in `library/`.
 *
 * @param at where the text stands in the user's file, for the error
 * @throws {ImageError} `invalid-reference`
 */
export function parseReference(text: string, at?: Location): ImageReference {
  const fail = (reason: string, hint?: string): never => {
    const shown = JSON.stringify(text.slice(0, 300));
    throw new ImageError('invalid-reference', `${shown} is no image reference: ${reason}`, { kind: 'input', at, hint });
  };
  const scheme = /^\w+:\/\//.exec(text)?.[0];
  if (scheme !== undefined) fail('it is a URL', `Leave out "${scheme}".`);
  const [beforeDigest = '', digest, ...more] = text.split('@');
  if (more.length > 0) fail('it has more than one "@"');
  if (digest !== undefined && !isDigest(digest)) {
    fail('what follows "@" is no digest', 'A digest is "sha256:" and 64 digits from 0 to 9 and a to f.');
  }
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
  // `localhost:5000` alone reads as name and tag, as for Docker.
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  if (name === '') fail('it names no repository');
  if (tag !== undefined && !tagForm.test(tag)) {
    fail(
      `"${tag}" is no tag`,
      'A tag has up to 128 letters, digits, "_", "." and "-", and begins with none of the last two.',
    );
  }

  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const hasRegistry = slash > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = hasRegistry ? first : 'docker.io';
  if (!hostForm.test(host)) fail(`"${host}" is no host name`);
  const registry = host.toLowerCase() === 'index.docker.io' ? 'docker.io' : host.toLowerCase();
  const path = hasRegistry ? name.slice(slash + 1) : name;
  const bad = path.split('/').find((component) => !componentForm.test(component));
  if (bad !== undefined) fail(`"${bad}" is no name of a repository`, nameHint(path));
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (repository.length > maxNameLength) fail(`the name is longer than ${maxNameLength} characters`);
  if (/^[0-9a-f]{64}$/.test(path)) fail('it looks like the id of an image, which no registry knows');

  const effectiveTag = tag ?? (digest === undefined ? 'latest' : undefined);
  return {
    registry,
    repository,
    ...(effectiveTag === undefined ? {} : { tag: effectiveTag }),
    ...(digest === undefined ? {} : { digest: digest as Digest }),
  };
}

function nameHint(path: string): string {
  const lower = path.toLowerCase();
  return lower !== path && lower.split('/').every((component) => componentForm.test(component))
    ? `Repository names are in lower case: "${lower}".`
    : 'Repository names have lower-case letters and digits, with ".", "_", "__" or "-" only between them.';
}

/** The complete form: `docker.io/library/alpine:3.20@sha256:…`. */
export function formatReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The form that people write: without `docker.io/library/`. */
export function familiarReference(reference: ImageReference): string {
  return formatReference(reference).replace(/^docker\.io\/(library\/(?=[^/]+$))?/, '');
}
