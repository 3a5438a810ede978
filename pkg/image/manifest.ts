import { isDigest } from './digest.ts';
import { ImageError } from './error.ts';
import { defined, UntrustedJson } from './json.ts';
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

/** Registries and container engines refuse larger ones, too. Nobody should read more before knowing what it is. */
export const maxManifestBytes = 4 << 20;

/**
 * Reads a manifest or an index that somebody else wrote.
 *
 * @throws {ImageError} `invalid-manifest`, `unsupported-media-type`
 */
export function parseManifest(bytes: Uint8Array): ManifestOrIndex {
  if (bytes.length > maxManifestBytes) {
    throw invalid(`has ${bytes.length} bytes; more than ${maxManifestBytes} are not accepted`);
  }
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
  checkConfigType(config.mediaType);
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
