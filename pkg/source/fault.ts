import { ArchiveError } from '../archive/index.ts';
import { isErrno, type Location } from '../errors/index.ts';
import { ImageError } from '../image/index.ts';
import { StoreError } from '../store/index.ts';
import { SourceError, type SourceErrorCode } from './error.ts';

/** An image as the user named it. */
export interface Named {
  /** As written. */
  readonly text: string;
  /** Where, if in a file. */
  readonly at?: Location | undefined;
}

/** An error about an image that the user named, with the place where it is named. */
export function fault(code: SourceErrorCode, message: string, { at }: Named, hint?: string): SourceError {
  return new SourceError(code, message, { kind: 'input', at, hint });
}

/**
 * What went wrong with an image out of a file or folder, in the user's terms. `name` is what the bytes came from, such
 * as the archive's path. Errors that are about something else come back as they are.
 */
export function explainFault(error: unknown, name: string, { at }: Named): unknown {
  const options = { kind: 'input', at, cause: error } as const;
  if (error instanceof SourceError) return error;
  if (error instanceof ArchiveError) {
    return new SourceError('bad-image', `${name} is damaged: ${error.message}`, options);
  }
  if (error instanceof ImageError) {
    const code = error.code === 'no-platform' ? 'wrong-architecture' : 'bad-image';
    const message = code === 'bad-image' ? `${name} holds no valid image: ${error.message}` : error.message;
    return new SourceError(code, message, { ...options, hint: error.hint });
  }
  if (error instanceof StoreError && /mismatch/.test(error.code)) {
    return new SourceError('bad-image', `${name} is damaged: ${error.message}`, options);
  }
  if (isErrno(error, 'EACCES', 'EPERM', 'EIO', 'EISDIR')) {
    return new SourceError('bad-image', `cannot read ${error.path ?? name}: ${error.message}`, options);
  }
  return error;
}
