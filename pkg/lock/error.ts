import { LkitError } from '../errors/index.ts';

export type LockErrorCode =
  /** There is no such lock file, or it cannot be read. */
  | 'unreadable-lock'
  | 'invalid-lock'
  /** The system has images that the lock does not list. */
  | 'not-locked'
  /** Images cannot be had as they are locked. */
  | 'lock-differs'
  | 'cannot-write';

/** A lock file and the system that it is for do not agree. */
export class LockError extends LkitError<LockErrorCode> {}
