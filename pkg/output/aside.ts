import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isErrno, LkitError } from '../errors/index.ts';
import { HostError, makeFolder } from '../host/index.ts';

export type OutputErrorCode =
  | 'cannot-write'
  | 'disk-full'
  | 'missing-source'
  | 'no-packed-init'
  | 'no-init'
  | 'conflicting-trees'
  | 'no-kernel'
  | 'no-such-format'
  | 'not-a-stream'
  | 'several-files'
  | 'too-small'
  | 'no-size'
  | 'too-large'
  | 'bad-loader'
  | 'no-firmware'
  | 'packing-failed'
  | 'missing-tools';

/** The system could not be written. */
export class OutputError extends LkitError<OutputErrorCode> {}

/** A file of the output: its final path, and what writes it to the path it is given. */
export interface PendingFile {
  readonly target: string;
  readonly write: (aside: string) => Promise<void>;
}

/**
 * Writes several files that belong together. Each is written aside, in the folder where it will stand, and all are
 * renamed only when the last is complete: after a failure nothing new is there, and what was there is unchanged.
 *
 * @throws {OutputError} `disk-full`, `cannot-write`
 */
export async function writeTogether(files: readonly PendingFile[]): Promise<void> {
  const pending = files.map((file) => ({
    ...file,
    aside: path.join(path.dirname(file.target), `.${path.basename(file.target)}.${process.pid}.tmp`),
  }));
  try {
    const written = await Promise.allSettled(
      pending.map(({ target, aside, write }) =>
        explaining(target, async () => {
          await makeFolder(path.dirname(target));
          await write(aside);
        }),
      ),
    );
    // All have come to an end before anything is cleaned up: nobody writes any more.
    for (const each of written) if (each.status === 'rejected') throw each.reason;
    for (const { target, aside } of pending) await explaining(target, () => rename(aside, target));
  } catch (error) {
    await Promise.all(pending.map(({ aside }) => rm(aside, { force: true }).catch(() => undefined)));
    throw error;
  }
}

async function explaining(target: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw explain(target, error);
  }
}

function explain(target: string, error: unknown): unknown {
  const ofTool = error instanceof HostError && /No space left on device|Disk quota exceeded/.test(error.message);
  if (isErrno(error, 'ENOSPC', 'EDQUOT') || ofTool) {
    return new OutputError('disk-full', `the disk is full: ${target} could not be written`, {
      hint: `Free some space in ${path.dirname(target)}, or write elsewhere with --dir.`,
      cause: error,
    });
  }
  if (isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOENT')) {
    const isNoFolder = error.code === 'ENOENT' && error.syscall === 'mkdir';
    const reason = isNoFolder ? 'no folder can be made there' : (reasons[error.code ?? ''] ?? error.message);
    return new OutputError('cannot-write', `cannot write ${target}: ${reason}`, {
      hint: 'Choose another folder with --dir.',
      cause: error,
    });
  }
  return error;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'a file stands where a folder is needed',
  EISDIR: 'a folder has that name',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file stands where a folder is needed',
};
