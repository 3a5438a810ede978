import { LkitError } from '../errors/index.ts';

export type ExchangeErrorCode =
  /** An archive that holds no images, or images that are not whole. */
  | 'bad-archive'
  /** A format that holds one image, and several were to be written. */
  | 'one-image-only';

/** Images cannot be written to a file, or read from one. */
export class ExchangeError extends LkitError<ExchangeErrorCode> {}
