import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readHostFile } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import { type Descriptor, type Digest, ImageError, limitHint, type Limits, maxConfigBytes } from '../image/index.ts';
import type { Store } from '../store/index.ts';

/** Where the files of an image layout are: in a folder, or in an archive. */
export interface LayoutFiles {
  /** For messages: the folder's or the archive's path. */
  readonly name: string;
  /** What its manifests may have. */
  readonly maxManifestBytes: number;
  /** A small file, whole; `undefined` where there is none. */
  readonly read: (file: string) => Promise<Buffer | undefined>;
  /**
   * Brings blobs into the store, each verified; tells which of them are not there.
   *
   * @throws {StoreError} `size-mismatch`, `digest-mismatch`
   */
  readonly copy: (blobs: readonly Descriptor[]) => Promise<readonly Descriptor[]>;
}

/** Descriptors were parsed, so that their digests are digests and can be file names. */
export function blobFile(digest: Digest): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}

/**
 * Manifests and configurations are read whole; nothing else of an image is.
 *
 * @throws {ImageError} `limit-exceeded`
 */
export function checkJsonSize(file: string, size: number, limits: Limits): void {
  const most = Math.max(limits.manifest, maxConfigBytes);
  if (size <= most) return;
  throw new ImageError('limit-exceeded', `its ${file} has ${size} bytes, which is more than ${most}`, {
    hint: limitHint('manifest'),
  });
}

/** An image layout on disk. */
export function folderFiles(folder: string, store: Store): LayoutFiles {
  return {
    name: folder,
    maxManifestBytes: store.limits.manifest,
    read: async (file) => {
      const source = path.join(folder, file);
      try {
        checkJsonSize(file, (await stat(source)).size, store.limits);
        return await readFile(source);
      } catch (error) {
        if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      }
    },
    copy: async (blobs) => {
      const missing: Descriptor[] = [];
      for (const blob of blobs) {
        const { digest, size } = blob;
        try {
          const content = readHostFile(path.join(folder, blobFile(digest)));
          await store.writeBlob(content, { expected: { digest, size } });
        } catch (error) {
          if (!isErrno(error, 'ENOENT')) throw error;
          missing.push(blob);
        }
      }
      return missing;
    },
  };
}
