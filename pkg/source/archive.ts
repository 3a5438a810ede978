import path from 'node:path';
import { readHostFile } from '../archive/index.ts';
import { type Descriptor, ImageError, type StoredImage } from '../image/index.ts';
import type { Store } from '../store/index.ts';
import { requireTar } from './archive-bytes.ts';
import { ArchiveFiles } from './archive-files.ts';
import type { SourceContext } from './context.ts';
import { importDockerArchive } from './docker-archive.ts';
import { explainFault, type Named } from './fault.ts';
import { fileIdentity } from './identity.ts';
import { importOnce } from './imported.ts';
import { blobFile, type LayoutFiles } from './layout-files.ts';
import { copyImage, type Wanted } from './oci-layout.ts';

export type ArchiveKind = 'oci-archive' | 'docker-archive';

/**
 * The image of an archive: `oci-archive:` is an image layout in a tar (image-spec, image-layout.md), `docker-archive:`
 * what `docker save` writes. Both may be compressed. An archive that has not changed is not read again.
 *
 * @param ref the image's name in the archive; may be left out where there is only one
 * @throws {SourceError} `no-image`, `bad-image`, `wrong-architecture`
 */
export async function importArchive(
  kind: ArchiveKind,
  file: string,
  ref: string | undefined,
  image: Named,
  context: SourceContext,
): Promise<StoredImage> {
  const { store, arch, orOnly } = context;
  await requireTar(file, image);
  const step = context.packages.reporter.step(`import ${path.basename(file)}`);
  try {
    const key = { kind, name: file, id: [file, ref ?? ''], identity: () => fileIdentity(file), arch, at: image.at };
    const imported = await importOnce(key, store, async () => {
      const files = await ArchiveFiles.scan({ name: file, open: () => readHostFile(file) }, store);
      return importers[kind](files, { ref, arch, orOnly, image }, store);
    });
    step.end(imported.outcome);
    return imported.image;
  } catch (error) {
    step.fail();
    throw explainFault(error, file, image);
  }
}

const importers: Readonly<
  Record<ArchiveKind, (files: ArchiveFiles, wanted: Wanted, store: Store) => Promise<Descriptor>>
> = {
  'oci-archive': (files, wanted, store) => copyImage(layoutInArchive(files, store), wanted, store),
  'docker-archive': importDockerArchive,
};

function layoutInArchive(files: ArchiveFiles, { limits }: Store): LayoutFiles {
  return {
    name: files.name,
    maxManifestBytes: limits.manifest,
    read: (file) => files.read(file),
    copy: async (blobs) => {
      // Their content was compared with their names, which are their digests; sizes are in no name.
      const stored = await files.toStore(blobs.map(({ digest }) => blobFile(digest)));
      const missing: Descriptor[] = [];
      for (const blob of blobs) {
        const found = stored.get(blobFile(blob.digest));
        if (found && found.size !== blob.size) throw wrongSize(blob, found.size);
        if (!found) missing.push(blob);
      }
      return missing;
    },
  };
}

function wrongSize({ digest, size }: Descriptor, found: number): ImageError {
  return new ImageError('size-mismatch', `${digest} should have ${size} bytes, but has ${found}`);
}
