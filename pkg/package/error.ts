import { LkitError } from '../errors/index.ts';

export type PackageErrorCode =
  | 'no-package'
  | 'bad-yaml'
  | 'invalid-key'
  | 'wrong-architecture'
  | 'needs-engine'
  | 'unknown-debian-package'
  | 'missing-file'
  | 'missing-library'
  | 'conflicting-files'
  | 'bad-deb'
  | 'bad-kernel'
  | 'no-debian-source'
  | 'offline'
  | 'download-failed';

/** A package cannot be built: its folder is wrong, or Debian's packages cannot be had. */
export class PackageError extends LkitError<PackageErrorCode> {}
