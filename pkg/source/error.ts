import { LkitError } from '../errors/index.ts';

export type SourceErrorCode =
  'bad-source' | 'unknown-package' | 'unsupported-source' | 'no-image' | 'bad-image' | 'wrong-architecture';

/** An image that the user named cannot be had. */
export class SourceError extends LkitError<SourceErrorCode> {}
