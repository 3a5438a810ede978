export { Faults, LkitErrors } from './faults.ts';
export { type FaultKind, type FaultOptions, formatLocation, isErrno, LkitError, type Location } from './lkit-error.ts';
export { didYouMean, editDistance, nearest } from './nearest.ts';
