import { LkitError } from '../errors/index.ts';

export type VmTestErrorCode = 'no-tests' | 'no-image' | 'no-control' | 'guest-failed';

/** Tests cannot be run as asked. */
export class VmTestError extends LkitError<VmTestErrorCode> {}
