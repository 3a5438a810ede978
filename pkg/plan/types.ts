import type { BundleFile } from '../bundle/index.ts';
import type { Architecture, Digest } from '../image/index.ts';

/**
 * The system as data: which image goes where, and what is written around the images. Made without touching a disk or
 * a network, complete enough that every output format is a function of it and of the store.
 */
export interface Plan {
  readonly arch: Architecture;
  readonly kernel: KernelPlan | undefined;
  /** The init images, lowest first; `/` is their stack with `files` on top. */
  readonly init: readonly Digest[];
  readonly containers: readonly ContainerPlan[];
  /** Everything else in the tree: bundles, the YAML's `files:`; sorted by path, parents before children. */
  readonly files: readonly PlannedFile[];
}

export interface KernelPlan {
  readonly image: Digest;
  readonly cmdline: string;
  readonly binary: string;
  readonly tar: string | undefined;
  readonly ucode: string | undefined;
  /** Modules to keep, with their dependencies; `undefined` keeps the whole tree. */
  readonly modules: readonly string[] | undefined;
}

export interface ContainerPlan {
  readonly section: 'onboot' | 'onshutdown' | 'services';
  readonly name: string;
  readonly image: Digest;
  /** Absolute path in the guest where the image's tree appears: `…/lower` (writable root) or `…/rootfs` (read-only). */
  readonly tree: string;
}

/** A file that lkit itself writes into the guest's root. */
export type PlannedFile = BundleFile;
