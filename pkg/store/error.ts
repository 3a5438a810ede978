import { ArchiveError } from '../archive/index.ts';
import { isErrno, LkitError } from '../errors/index.ts';

export type StoreErrorCode =
  | 'disk-full'
  | 'not-writable'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'missing-blob'
  | 'unknown-ref'
  | 'bad-ref'
  /** Nothing in the store is what a person asked for. */
  | 'unknown-image'
  | 'ambiguous-image'
  | 'corrupt'
  | 'locked';

/** The store on disk cannot do what was asked of it. */
export class StoreError extends LkitError<StoreErrorCode> {}

/** What to do about parts of images that are missing or damaged. */
export const verifyHint = 'lkit cache verify finds what is damaged or missing, and gets it again.';

/** A blob that is no longer what was written. */
export function damagedBlob(digest: string): StoreError {
  return new StoreError('digest-mismatch', `${digest} in the store is damaged`, { hint: verifyHint });
}

/** Turns a failed system call on the store's own files into a sentence; anything else passes through. */
export function asStoreError(error: unknown, directory: string): unknown {
  // What is made in the store may be made by another program, which says so in its own way.
  const isFull = error instanceof ArchiveError && error.code === 'disk-full';
  if (isFull || isErrno(error, 'ENOSPC', 'EDQUOT')) {
    return new StoreError('disk-full', `the disk is full: cannot write to the store ${directory}`, {
      hint: 'Free some space (lkit cache prune), or set LKIT_CACHE to a folder on a larger disk.',
      cause: error,
    });
  }
  if (isRefusal(error) && isAbout(error, directory)) {
    return new StoreError('not-writable', `cannot write to the store: ${error.message}`, {
      hint: 'Set LKIT_CACHE to a folder that you can write to.',
      cause: error,
    });
  }
  return error;
}

function isRefusal(error: unknown): error is NodeJS.ErrnoException {
  // Node's recursive mkdir says ENOENT where a read-only disk says EROFS; EEXIST, where a file stands in the way.
  const isMkdir = isErrno(error, 'ENOENT', 'EEXIST') && error.syscall === 'mkdir';
  return isMkdir || isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR');
}

function isAbout(error: NodeJS.ErrnoException, directory: string): boolean {
  const { path } = error;
  // A parent counts as well: it is what cannot be written to while the store is being made.
  return path === undefined || path.startsWith(directory) || directory.startsWith(path);
}

/** Runs `action`; the system calls of it that fail on the store in `directory` become `StoreError`s. */
export async function onDisk<T>(directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asStoreError(error, directory);
  }
}
