import type { ImageConfig } from '../image/index.ts';
import type { ContainerSpec, ServiceSpec } from '../spec/index.ts';

/** A file, directory or symlink that lkit writes into the guest. */
export interface BundleFile {
  /** In the guest's root, without a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content:
    | { readonly kind: 'data'; readonly data: string }
    /** Copied from this absolute path on the host. */
    | { readonly kind: 'host'; readonly hostPath: string }
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'directory' };
}

export type Section = 'onboot' | 'onshutdown' | 'services';

/** What one container's bundle is made from. */
export interface BundleInput {
  readonly section: Section;
  /** Position within its section, from 0: `onboot` and `onshutdown` folders carry it as a prefix. */
  readonly index: number;
  readonly container: ContainerSpec | ServiceSpec;
  readonly config: ImageConfig;
  /** User and group ids allocated to container names. */
  readonly ids: ReadonlyMap<string, number>;
}

/** One container on the guest's disk, without its image's tree. */
export interface Bundle {
  /** Absolute path in the guest at which the image's tree must appear. */
  readonly tree: string;
  /** Sorted by path; the bundle's own folder first. */
  readonly files: readonly BundleFile[];
}
