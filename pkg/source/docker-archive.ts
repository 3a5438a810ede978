import { type Descriptor, type ImageConfig, type Manifest, mediaTypes, parseConfig } from '../image/index.ts';
import type { Store } from '../store/index.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { readLegacyImage } from './docker-legacy.ts';
import { type DockerImage, parseDockerManifest, selectDockerImage } from './docker-manifest.ts';
import { fault, type Named } from './fault.ts';
import { layerDescriptor } from './layer-blob.ts';
import { checkArchitecture, type Wanted } from './oci-layout.ts';

/**
 * Copies an image out of what `docker save` writes, in any of its forms, into the store; gives the manifest's
 * descriptor. The configuration is kept as it is, so that the image keeps its id; each layer is checked against it.
 *
 * @throws {SourceError} `no-image`, `bad-image`, `wrong-architecture`
 * @throws {ArchiveError}, {ImageError}, {StoreError} for content that is not valid: see `explainFault`
 */
export async function importDockerArchive(files: ArchiveFiles, wanted: Wanted, store: Store): Promise<Descriptor> {
  const { config, layers } = await findImage(files, wanted, store);
  const parsed = parseConfig(config, layers.length);
  checkArchitecture(parsed, wanted);
  const stored = await files.toStore(layers);
  const descriptors: Descriptor[] = [];
  for (const [number, file] of layers.entries()) {
    const blob = stored.get(file);
    const diffId = parsed.rootfs.diff_ids[number];
    if (!blob || diffId === undefined) throw lacks(files, file, wanted.image);
    descriptors.push(await layerDescriptor(file, blob, diffId, store));
  }
  return writeManifest(config, descriptors, parsed, store);
}

/** Stores a configuration, and the manifest that puts it and the layers together. */
export async function writeManifest(
  config: Buffer,
  layers: readonly Descriptor[],
  { architecture, variant }: Pick<ImageConfig, 'architecture' | 'variant'>,
  store: Store,
): Promise<Descriptor> {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await store.putBytes(config, mediaTypes.config),
    layers,
  };
  const platform = { os: 'linux', architecture, ...(variant !== undefined && { variant }) };
  return { ...(await store.putJson(manifest, mediaTypes.manifest)), platform };
}

interface FoundImage {
  readonly config: Buffer;
  readonly layers: DockerImage['layers'];
}

async function findImage(files: ArchiveFiles, { ref, image }: Wanted, store: Store): Promise<FoundImage> {
  const manifest = await files.read('manifest.json');
  if (!manifest) return readLegacyImage(files, { ref, image }, store);
  const { config, layers } = selectDockerImage(parseDockerManifest(manifest), ref, files.name, image);
  const bytes = await files.read(config);
  if (!bytes) throw lacks(files, config, image);
  return { config: bytes, layers };
}

function lacks({ name }: ArchiveFiles, file: string, image: Named): Error {
  return fault(
    'bad-image',
    `${name} is damaged: its manifest.json names ${JSON.stringify(file)}, which is not in it`,
    image,
  );
}
