import { LkitError } from '../errors/index.ts';

export type ExchangeErrorCode =
  /** An archive that holds no images, or images that are not whole. */
  | 'bad-archive'
  /** A format that holds one image, and several were to be written. */
  | 'one-image-only'
  /** A folder that is to take an image: of another kind, or with another image of that name. */
  | 'not-a-layout'
  | 'name-taken';

/** Images cannot be written to a file, or read from one. */
export class ExchangeError extends LkitError<ExchangeErrorCode> {}
