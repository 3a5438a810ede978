import type { BundleFile } from '../bundle/index.ts';
import type { Location } from '../errors/index.ts';
import type { Architecture, StoredImage, Treatment } from '../image/index.ts';
import type { ImageSpec } from '../spec/index.ts';

/**
 * The system as data: which image goes where, and what is written around the images. Made without touching a disk or
 * a network, complete enough that every output format is a function of it and of the store.
 */
export interface Plan {
  readonly arch: Architecture;
  readonly kernel: KernelPlan | undefined;
  /** The init images, lowest first; `/` is their stack with `files` on top. */
  readonly init: readonly { readonly name: string; readonly image: StoredImage }[];
  readonly trees: readonly TreePlan[];
  /** Everything else in the tree: bundles, the YAML's `files:`; sorted by path, parents before children. */
  readonly files: readonly PlannedFile[];
}

export interface KernelPlan {
  readonly image: StoredImage;
  /** Where the YAML names it. */
  readonly at: Location;
  readonly cmdline: string;
  readonly binary: string;
  readonly tar: string | undefined;
  readonly ucode: string | undefined;
  /** `undefined` where the kernel image has no modules. */
  readonly modules: ModulesPlan | undefined;
}

/** Files below `lib/modules/RELEASE`, each list in an order that `insmod` can follow. */
export interface ModulesPlan {
  readonly release: string;
  /** What the system keeps; `undefined` keeps the whole tree. */
  readonly kept: readonly string[] | undefined;
  /** What stage-0 loads before it can mount the images. */
  readonly stage0: readonly string[];
}

/** An image's tree at a place in the guest: under a container's bundle, or of a volume. */
export interface TreePlan {
  /** What the user calls it: the container's or the volume's name. */
  readonly name: string;
  readonly image: StoredImage;
  readonly treatment: Treatment;
  /** Absolute path in the guest. */
  readonly path: string;
}

/** A file that lkit itself writes into the guest's root. */
export type PlannedFile = BundleFile;

/** Every image that a specification names, in the store. */
export type Images = ReadonlyMap<ImageSpec, StoredImage>;
