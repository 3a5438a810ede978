import { isDigest } from './digest.ts';
import { ImageError } from './error.ts';
import { defined, UntrustedJson } from './json.ts';
import { defaultLimits, limitHint } from './limits.ts';
import { checkConfigType, checkLayerType, isIndexType, isManifestType } from './media-type.ts';
import type { Descriptor, Manifest, Platform } from './types.ts';

/** OCI image-spec, image-index.md; Docker's manifest list has the same shape. */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a registry gives for a tag or a digest. */
export type ManifestOrIndex =
  { readonly kind: 'manifest'; readonly manifest: Manifest } | { readonly kind: 'index'; readonly index: ImageIndex };

/**
 * Reads a manifest or an index that somebody else wrote.
 *
 * @param maxBytes what it may have; what a store holds was asked about when it came there, and may have any size
 * @throws {ImageError} `invalid-manifest`, `unsupported-media-type`, `limit-exceeded`
 */
export function parseManifest(bytes: Uint8Array, maxBytes = defaultLimits.manifest): ManifestOrIndex {
  checkManifestSize(bytes.length, maxBytes);
  const json = UntrustedJson.parse(bytes, invalid);
  const mediaType = json.get('mediaType').optional((each) => each.string());
  const version: unknown = json.get('schemaVersion').optional((each) => each.size());
  if (version === 1) {
    throw new ImageError('unsupported-media-type', 'the image is in the format of before 2016 (schema 1)', {
      hint: 'Push it again with a current tool, such as skopeo copy.',
    });
  }
  if (version !== 2) throw json.get('schemaVersion').error('2');
  if (mediaType !== undefined && !isIndexType(mediaType) && !isManifestType(mediaType)) {
    throw new ImageError('unsupported-media-type', `manifests of type "${mediaType}" are not supported`);
  }
  // An index must not pass for a manifest with another reader (CVE-2021-41190).
  const hasManifests = !json.get('manifests').isAbsent;
  const hasLayers = !json.get('layers').isAbsent || !json.get('config').isAbsent;
  if (hasManifests && hasLayers) throw invalid('is both a manifest and an index');
  const isIndex = isIndexType(mediaType) || (mediaType === undefined && hasManifests);
  return isIndex ? { kind: 'index', index: readIndex(json) } : { kind: 'manifest', manifest: readManifest(json) };
}

/**
 * Nobody should read a large one before knowing what it is.
 *
 * @throws {ImageError} `limit-exceeded`
 */
export function checkManifestSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new ImageError('limit-exceeded', `the image's manifest has ${bytes} bytes, which is more than ${maxBytes}`, {
    hint: limitHint('manifest'),
  });
}

function readIndex(json: UntrustedJson): ImageIndex {
  return defined({
    schemaVersion: 2 as const,
    mediaType: json.get('mediaType').optional((each) => each.string()),
    manifests: json.get('manifests').list().map(readDescriptor),
    annotations: json.get('annotations').optional((each) => each.stringRecord()),
  });
}

function readManifest(json: UntrustedJson): Manifest {
  const config = readDescriptor(json.get('config'));
  const artifactType = json.get('artifactType').optional((each) => each.string());
  checkConfigType(config.mediaType, artifactType);
  const layers = json.get('layers').list().map(readDescriptor);
  for (const { mediaType } of layers) checkLayerType(mediaType);
  return defined({
    schemaVersion: 2 as const,
    mediaType: json.get('mediaType').optional((each) => each.string()),
    config,
    layers,
    annotations: json.get('annotations').optional((each) => each.stringRecord()),
  });
}

function readDescriptor(json: UntrustedJson): Descriptor {
  const digest = json.get('digest').string();
  if (!isDigest(digest)) throw json.get('digest').error('a sha256 digest');
  return defined({
    mediaType: json.get('mediaType').string(),
    digest,
    size: json.get('size').size(),
    annotations: json.get('annotations').optional((each) => each.stringRecord()),
    platform: json.get('platform').optional(readPlatform),
  });
}

function readPlatform(json: UntrustedJson): Platform {
  return defined({
    os: json.get('os').string(),
    architecture: json.get('architecture').string(),
    variant: json.get('variant').optional((each) => each.string()),
  });
}

function invalid(message: string): ImageError {
  return new ImageError('invalid-manifest', `the image's manifest is not valid: ${message}`);
}
