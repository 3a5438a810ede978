import { LkitError, type FaultOptions } from '../errors/index.ts';
import type { BytePath } from './entry.ts';
import { displayPath } from './path.ts';

export type ArchiveErrorCode =
  /** A tar header that is none: wrong checksum, or bytes after the end that are not zero. */
  | 'invalid-header'
  /** A number that is negative, not a number, or larger than anything real. */
  | 'invalid-number'
  /** No file can have this name, or it is the target of a hard link and leads out of the archive. */
  | 'invalid-name'
  /** A malformed PAX extended header. */
  | 'invalid-pax'
  /** A sparse file whose map of holes contradicts itself. */
  | 'invalid-sparse'
  /** A kind of tar entry that no file system holds, such as a part of a multi-volume archive. */
  | 'unsupported-type'
  /** The bytes end in the middle. */
  | 'truncated'
  /** Compressed bytes that cannot be decompressed. */
  | 'corrupt'
  /** A file's content turned out longer or shorter than its entry says. */
  | 'size-mismatch'
  /** The format that is written cannot express the entry. */
  | 'not-representable'
  /** An entry below a directory that the archive does not hold, or holds only later. */
  | 'missing-parent'
  /** A hard link to a file that does not come before it. */
  | 'broken-hard-link'
  /** The target's file system is full. */
  | 'disk-full'
  /** Another program failed to write an archive. */
  | 'packing-failed';

/** An archive cannot be read, or cannot be written. `entry` is the member that it is about. */
export class ArchiveError extends LkitError<ArchiveErrorCode> {
  readonly entry: BytePath | undefined;

  constructor(code: ArchiveErrorCode, message: string, options: FaultOptions & { readonly entry?: BytePath } = {}) {
    super(code, options.entry === undefined ? message : `"${displayPath(options.entry)}": ${message}`, options);
    this.entry = options.entry;
  }
}
