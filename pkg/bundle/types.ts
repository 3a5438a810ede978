import type { Location } from '../errors/index.ts';
import type { ImageConfig } from '../image/index.ts';
import type { ContainerSpec, RuntimeKeys, ServiceSpec, VolumeSpec } from '../spec/index.ts';

/** A file, directory or symlink that lkit writes into the guest. */
export interface BundleFile {
  /** In the guest's root, without a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content:
    | { readonly kind: 'data'; readonly data: string }
    /** Copied from the host. A relative path is relative to the folder of the file in `at`. */
    | { readonly kind: 'host'; readonly hostPath: string; readonly optional: boolean; readonly at: Location }
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
  /** The keys of the image's label `org.mobyproject.config`, parsed. */
  readonly label?: RuntimeKeys | undefined;
  /** User and group ids allocated to container names. */
  readonly ids: ReadonlyMap<string, number>;
  /** The system's volumes by name, for `binds` and `mounts` that name one. @default none */
  readonly volumes?: ReadonlyMap<string, VolumeSpec> | undefined;
  /**
   * Whose init will start the container. LinuxKit's own reads runtime.json and does the work of the scripts and the
   * hook by itself, and so must not find them. @default 'lkit'
   */
  readonly init?: 'lkit' | 'linuxkit' | undefined;
  /** Absolute path in the guest of the same image's tree, where another container has it already. */
  readonly sharedTree?: string | undefined;
}

/** One container on the guest's disk, without its image's tree. */
export interface Bundle {
  /** Absolute path in the guest at which the image's tree must appear. */
  readonly tree: string;
  /** Sorted by path; the bundle's own folder first. */
  readonly files: readonly BundleFile[];
}
