import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readHostFile } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import type { Descriptor, Digest } from '../image/index.ts';
import type { Store } from '../store/index.ts';

/** Where the files of an image layout are: in a folder, or in an archive. */
export interface LayoutFiles {
  /** For messages: the folder's or the archive's path. */
  readonly name: string;
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

/** An image layout on disk. */
export function folderFiles(folder: string, store: Store): LayoutFiles {
  return {
    name: folder,
    read: (file) =>
      readFile(path.join(folder, file)).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      }),
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
