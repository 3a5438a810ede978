import { decompress, type Member, readHostFile, writeTar } from '../archive/index.ts';
import { type Descriptor, mediaTypes } from '../image/index.ts';
import type { Store } from '../store/index.ts';
import { dockerManifest } from './docker-manifest.ts';
import type { ExportedImage } from './exported.ts';
import { blobMember, hexOf, jsonMember, streamMember } from './members.ts';

/**
 * Images as `docker save` writes them and `docker load` reads them: `manifest.json`, configurations and layers. Docker
 * takes gzip layers as they are; layers in other compressions are unpacked on the way. The same images make the same
 * bytes.
 */
export function dockerArchive(store: Store, images: readonly ExportedImage[]): AsyncGenerator<Buffer> {
  return writeTar(members(store, images));
}

async function* members(store: Store, images: readonly ExportedImage[]): AsyncGenerator<Member> {
  yield jsonMember('manifest.json', dockerManifest(images, nameOf));
  const written = new Set<string>();
  for (const { image } of images) {
    const { config, layers } = image.manifest;
    for (const blob of [config, ...layers]) {
      const name = nameOf(blob, blob === config ? 'config' : 'layer');
      if (written.has(name)) continue;
      written.add(name);
      yield isTaken(blob) ? blobMember(store, name, blob) : await unpacked(store, name, blob);
    }
  }
}

function nameOf({ digest }: Descriptor, part: 'config' | 'layer'): string {
  return `${hexOf(digest)}.${part === 'config' ? 'json' : 'tar'}`;
}

function isTaken({ mediaType }: Descriptor): boolean {
  return mediaType !== mediaTypes.layerZstd;
}

/** A tar has the size in front, so that the layer is read twice rather than kept. */
async function unpacked(store: Store, name: string, { digest }: Descriptor): Promise<Member> {
  const open = (): AsyncIterable<Buffer> => decompress(readHostFile(store.blobPath(digest)));
  let size = 0;
  for await (const chunk of open()) size += chunk.length;
  return streamMember(name, size, open());
}
