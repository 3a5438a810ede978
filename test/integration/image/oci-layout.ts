import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Descriptor, mediaTypes, sha256 } from '../../../pkg/image/index.ts';

export interface LayoutOptions {
  /** The `config` of the image's configuration. */
  readonly config?: object;
  /** Packs a layer. @default gzip */
  readonly pack?: (layer: Buffer) => Buffer;
  readonly mediaType?: string;
}

/** Writes an image of these layers as an OCI image layout with the one reference `latest`. */
export async function writeLayout(
  folder: string,
  layers: readonly Buffer[],
  { config: execution = {}, pack = gzipSync, mediaType = mediaTypes.layerGzip }: LayoutOptions = {},
): Promise<void> {
  const blobs = path.join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (bytes: Buffer, mediaType: string): Promise<Descriptor> => {
    const digest = sha256(bytes);
    await writeFile(path.join(blobs, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: execution,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => sha256(layer)) },
    history: layers.map(() => ({ created_by: 'test' })),
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await put(json(config), mediaTypes.config),
    layers: await Promise.all(layers.map((layer) => put(pack(layer), mediaType))),
  };
  const top = await put(json(manifest), mediaTypes.manifest);
  const index = {
    schemaVersion: 2,
    manifests: [{ ...top, annotations: { 'org.opencontainers.image.ref.name': 'latest' } }],
  };
  await writeFile(path.join(folder, 'index.json'), json(index));
  await writeFile(path.join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}
