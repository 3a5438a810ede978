import { LkitError } from '../errors/index.ts';

export type ImageErrorCode =
  | 'invalid-reference'
  | 'invalid-digest'
  /** Bytes that are not what their digest names. */
  | 'digest-mismatch'
  /** More or fewer bytes than a descriptor announces. */
  | 'size-mismatch'
  | 'invalid-manifest'
  | 'invalid-config'
  /** A manifest, config or layer of a kind that lkit does not read; or one that holds no container image. */
  | 'unsupported-media-type'
  /** An index without an image for the wanted platform. */
  | 'no-platform'
  /** A layer whose archive cannot be read; `cause` is the `ArchiveError`. */
  | 'invalid-layer'
  /** A `.wh.` entry that names nothing. */
  | 'invalid-whiteout'
  /** A file name that no file system takes. */
  | 'invalid-name'
  /** A hard link to something that is not there, or is a directory. */
  | 'broken-hard-link'
  /** A file below something that is no directory. */
  | 'not-a-directory'
  | 'symlink-loop'
  | 'limit-exceeded';

/** An image, or a part of one, is not what it has to be. */
export class ImageError extends LkitError<ImageErrorCode> {}
