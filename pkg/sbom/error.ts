import { LkitError } from '../errors/index.ts';

export type SbomErrorCode = 'too-large';

/** What a system consists of could not be found out. */
export class SbomError extends LkitError<SbomErrorCode> {}
