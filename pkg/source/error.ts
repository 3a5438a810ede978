import { LkitError } from '../errors/index.ts';

export type SourceErrorCode =
  | 'bad-source'
  | 'unknown-package'
  | 'no-image'
  | 'bad-image'
  | 'wrong-architecture'
  /** What an image is made of was written to at the same time. */
  | 'changing-source'
  | 'bad-dockerfile'
  | 'bad-context'
  | 'build-failed';

/** An image that the user named cannot be had. */
export class SourceError extends LkitError<SourceErrorCode> {}
