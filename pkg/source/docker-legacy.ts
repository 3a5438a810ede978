import { type Digest, ImageError, UntrustedJson } from '../image/index.ts';
import type { Store } from '../store/index.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { type DockerImage, selectDockerImage } from './docker-manifest.ts';
import { fault, type Named } from './fault.ts';
import { unpackedDigest } from './layer-blob.ts';
import type { Wanted } from './oci-layout.ts';

/** Nothing has that many layers; a chain that is longer is a circle. */
const maxLayers = 512;

/**
 * An image of an archive as `docker save` wrote it before Docker 1.10: `repositories` names the topmost layer of each
 * image, and each layer's folder has a `json` with its parent (Docker Image Specification v1.0.0). Such an image has no
 * configuration of its own; the topmost layer's `json` has what belongs into one.
 *
 * @throws {SourceError} `no-image`, `bad-image`; {ImageError} `invalid-config`
 */
export async function readLegacyImage(
  files: ArchiveFiles,
  { ref, image }: Pick<Wanted, 'ref' | 'image'>,
  store: Store,
): Promise<{ readonly config: Buffer; readonly layers: readonly string[] }> {
  const repositories = await files.read('repositories');
  if (!repositories) {
    const hint = 'An OCI archive is written as oci-archive:FILE, the files of a system as rootfs:FILE.';
    throw fault('no-image', `${files.name} is no archive of docker save: it has no manifest.json`, image, hint);
  }
  const { config: top } = selectDockerImage(parseRepositories(repositories), ref, files.name, image);
  let topJson: Buffer | undefined;
  const layers: string[] = [];
  for (let id: string | undefined = top; id !== undefined;) {
    const bytes = await files.read(`${id}/json`);
    if (!bytes) throw fault('bad-image', `${files.name} is damaged: it has no ${JSON.stringify(`${id}/json`)}`, image);
    const json = UntrustedJson.parse(bytes, (message) => new ImageError('invalid-config', `its ${id}/json ${message}`));
    topJson ??= bytes;
    layers.unshift(`${id}/layer.tar`);
    if (layers.length > maxLayers) throw new ImageError('limit-exceeded', `it has more than ${maxLayers} layers`);
    id = json.get('parent').optional((parent) => parent.string());
  }
  return { config: configOf(topJson, await diffIdsOf(layers, files, image, store)), layers };
}

/** `{"busybox": {"latest": "TOP-LAYER"}}` as if it were a manifest. */
function parseRepositories(bytes: Buffer): readonly DockerImage[] {
  const json = UntrustedJson.parse(
    bytes,
    (message) => new ImageError('invalid-manifest', `its repositories ${message}`),
  );
  const byTop = new Map<string, string[]>();
  for (const [name, tags] of json.entries()) {
    for (const [tag, top] of tags.entries())
      byTop.set(top.string(), [...(byTop.get(top.string()) ?? []), `${name}:${tag}`]);
  }
  return [...byTop].map(([config, tags]) => ({ config, tags, layers: [] }));
}

async function diffIdsOf(
  layers: readonly string[],
  files: ArchiveFiles,
  image: Named,
  store: Store,
): Promise<readonly Digest[]> {
  const stored = await files.toStore(layers);
  const diffIds: Digest[] = [];
  for (const layer of layers) {
    const blob = stored.get(layer);
    if (!blob) throw fault('bad-image', `${files.name} is damaged: it has no ${JSON.stringify(layer)}`, image);
    diffIds.push(await unpackedDigest(blob, store));
  }
  return diffIds;
}

/** What is taken over is checked as any configuration is, by who reads the result. */
function configOf(topJson: Buffer | undefined, diffIds: readonly Digest[]): Buffer {
  const { created, architecture, os, config } = JSON.parse(topJson?.toString() ?? '{}') as Readonly<
    Record<string, unknown>
  >;
  return Buffer.from(
    JSON.stringify({
      created,
      // Archives that do not say it are older than any other architecture.
      architecture: architecture ?? 'amd64',
      os: os ?? 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: diffIds },
    }),
  );
}
