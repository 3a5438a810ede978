import type { DebianPackage, Digest } from '../image/index.ts';

/** What a system was built from (`schemas/lock.schema.json`). */
export interface Lock {
  readonly version: 1;
  /** Sorted by image and platform. */
  readonly images: readonly LockedImage[];
}

export interface LockedImage {
  /** As the YAML names it; a path is relative to the folder of the first YAML file. */
  readonly image: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly mediaType: string;
  /** Of the image's manifest. */
  readonly digest: Digest;
  /** Bytes of the manifest. */
  readonly size: number;
  /** The Debian packages that lkit made it of, sorted by name. */
  readonly packages?: readonly DebianPackage[];
}
