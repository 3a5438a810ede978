import type { Location } from '../errors/index.ts';
import type { Architecture } from '../image/index.ts';
import type { Step } from '../report/index.ts';
import type { DebianPackage } from './apt/records.ts';

/** A package that a recipe names, on one architecture. */
export interface NamedPackage {
  readonly name: string;
  /** It stands for what it depends on. */
  readonly metapackage: boolean;
  readonly at: Location;
}

/** A way to Debian's packages: the host's apt, or apt in a container. */
export interface Fetcher {
  /**
   * The exact packages that names stand for now, in the order of the names.
   *
   * @throws {PackageError} `unknown-debian-package`, `offline`
   */
  resolve(wanted: readonly NamedPackage[], arch: Architecture, step: Step): Promise<readonly DebianPackage[]>;
  /**
   * Downloads into `folder`, each package to a file whose name starts with `NAME_`. Nothing about the files is to be
   * believed: the caller hashes them.
   *
   * @throws {PackageError} `download-failed`
   */
  download(packages: readonly DebianPackage[], arch: Architecture, folder: string, step: Step): Promise<void>;
}
