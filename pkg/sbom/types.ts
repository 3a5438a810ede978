import type { Digest, ImageReference } from '../image/index.ts';

/** A package of a distribution, as a database in an image lists it. */
export interface InstalledPackage {
  readonly manager: 'dpkg' | 'apk';
  readonly name: string;
  readonly version: string;
  /** The distribution's word: `amd64`, `x86_64`, `all`. */
  readonly architecture: string;
  /** The source package's name and version. */
  readonly source: string;
  /** `Jane Doe <jane@example.org>`. */
  readonly maintainer?: string;
  readonly homepage?: string;
  /** As the package says, which is not always an SPDX expression. */
  readonly license?: string;
  /** Of the package's file, in hexadecimal digits, where that is known. */
  readonly sha256?: string;
}

/** What `os-release` says (os-release.5). */
export interface Distribution {
  /** `debian`, `alpine`. */
  readonly id: string;
  /** `12`, `3.20.1`. */
  readonly version?: string;
}

export interface ImageContents {
  readonly distribution?: Distribution;
  /** Sorted by name. */
  readonly packages: readonly InstalledPackage[];
}

export interface SystemImage {
  /** What the YAML calls it; several texts may mean the same image. */
  readonly names: readonly string[];
  /** Of those names that are a registry's. */
  readonly references: readonly ImageReference[];
  readonly digest: Digest;
  /** OCI's name. */
  readonly architecture: string;
  /** `services web`, `init`. */
  readonly usedBy: readonly string[];
  readonly contents: ImageContents;
}

/** A file that lkit made. */
export interface MadeFile {
  /** Relative to the guest's root, or the name of an output file. */
  readonly path: string;
  readonly sha1: string;
  readonly sha256: string;
  /** The images that it was made from. */
  readonly madeFrom: readonly Digest[];
}

/** Everything that a system consists of. */
export interface SystemContents {
  readonly name: string;
  /** OCI's name. */
  readonly architecture: string;
  /** Who says so: `lkit-1.2.3`. */
  readonly tool: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly images: readonly SystemImage[];
  readonly files: readonly MadeFile[];
}
