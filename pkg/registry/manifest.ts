import {
  type Descriptor,
  type Digest,
  ImageError,
  type ImageIndex,
  isDigest,
  isIndexType,
  isManifestType,
  limitHint,
  type ManifestOrIndex,
  mediaTypes,
  parseManifest,
  selectPlatform,
  sha256,
  type WantedPlatform,
} from '../image/index.ts';
import { readBody } from './answer.ts';
import { RegistryError } from './error.ts';
import type { Repository } from './repository.ts';
import type { Answer } from './transport.ts';

export interface ManifestRequest {
  /** What it may have. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** A manifest or index with the bytes that its digest is of. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly content: ManifestOrIndex;
}

const accept = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest].join(', ');

/**
 * Gets what a tag stands for now, or what has a digest (distribution-spec, "Pulling manifests").
 *
 * @param wanted a tag, a digest, or a descriptor, which also says how long it must be
 * @throws {RegistryError} `not-found`, `digest-mismatch`, `size-mismatch`, `limit-exceeded`, `invalid-image`
 */
export async function fetchManifest(
  repository: Repository,
  wanted: string | Pick<Descriptor, 'digest' | 'size'>,
  { maxBytes, signal }: ManifestRequest,
): Promise<FetchedManifest> {
  const name = typeof wanted === 'string' ? wanted : wanted.digest;
  const subject = subjectOf(name);
  const what = `${repository.label}: ${subject}`;
  const answer = await repository.request({
    method: 'GET',
    at: `manifests/${name}`,
    headers: { accept },
    expect: [200],
    subject,
    signal,
  });
  const bytes = await readBody(answer, maxBytes, what, limitHint('manifest'));
  checkEncoding(answer, bytes, what);
  const digest = sha256(bytes);
  const expected = isDigest(name) ? name : digestHeader(answer.header('docker-content-digest'));
  if (typeof wanted !== 'string' && wanted.size !== bytes.length) {
    throw new RegistryError('size-mismatch', `${what}: expected ${wanted.size} bytes, but got ${bytes.length}`);
  }
  if (expected !== undefined && expected !== digest) {
    throw new RegistryError('digest-mismatch', `${what}: expected ${expected}, but the bytes are ${digest}`, {
      hint: 'The bytes were damaged or replaced on their way. Try again, or another source.',
    });
  }
  const content = parseAs(bytes, what, maxBytes);
  const mediaType = mediaTypeOf(content, answer.header('content-type'), what);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes, content };
}

/** Nobody asked for compression: a proxy that adds it makes other bytes of what has a digest. */
function checkEncoding(answer: Answer, bytes: Buffer, what: string): void {
  const encoding = answer.header('content-encoding') ?? 'identity';
  if (encoding === 'identity' || bytes[0] === '{'.charCodeAt(0)) return;
  throw new RegistryError('bad-response', `${what}: ${answer.url.host} sends it compressed (${encoding})`, {
    hint: 'Registries send manifests as they are. A proxy in between may change them.',
  });
}

/** The digest that a tag stands for now, if the registry tells without sending the manifest. */
export async function headManifest(
  repository: Repository,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  const answer = await repository.request({
    method: 'HEAD',
    at: `manifests/${tag}`,
    headers: { accept },
    // Not all registries know HEAD here; then the manifest is asked for, which tells what is wrong.
    expect: [200, 400, 404, 405],
    subject: subjectOf(tag),
    signal,
  });
  await answer.discard();
  return answer.status === 200 ? digestHeader(answer.header('docker-content-digest')) : undefined;
}

function subjectOf(name: string): string {
  return isDigest(name) ? `manifest ${name}` : `tag "${name}"`;
}

function digestHeader(value: string | undefined): Digest | undefined {
  return value !== undefined && isDigest(value) ? value : undefined;
}

/** @throws {RegistryError} `invalid-image`, with the words of the `ImageError` */
export function parseAs(bytes: Uint8Array, what: string, maxBytes: number): ManifestOrIndex {
  return explained(what, () => parseManifest(bytes, maxBytes));
}

/** Says of an image that is not valid where it came from. */
export function explained<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const code = error.code === 'limit-exceeded' ? error.code : 'invalid-image';
    const { kind, hint } = error;
    throw new RegistryError(code, `${what}: ${error.message}`, { kind, hint, cause: error });
  }
}

/**
 * The image of an index for a platform.
 *
 * @throws {RegistryError} `no-platform`
 */
export function chooseImage(index: ImageIndex, wanted: WantedPlatform, name: string): Descriptor {
  try {
    return selectPlatform(index, wanted, name);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new RegistryError('no-platform', error.message, { kind: 'input', hint: error.hint, cause: error });
  }
}

/**
 * The type of a manifest: what it says itself, else what the registry says, else what its shape says. A registry that
 * calls an index a manifest is not believed (CVE-2021-41190).
 */
export function mediaTypeOf(content: ManifestOrIndex, contentType: string | undefined, what: string): string {
  const own = content.kind === 'index' ? content.index.mediaType : content.manifest.mediaType;
  const said = contentType?.split(';')[0]?.trim().toLowerCase();
  const [isOfKind, isOther] = content.kind === 'index' ? [isIndexType, isManifestType] : [isManifestType, isIndexType];
  if (isOther(said))
    throw new RegistryError('invalid-image', `${what}: the registry calls the ${content.kind} a ${said ?? ''}`);
  if (own !== undefined) return own;
  return said !== undefined && isOfKind(said) ? said : mediaTypes[content.kind];
}
