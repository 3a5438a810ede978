import type { BundleFile } from '../bundle/index.ts';
import type { Location } from '../errors/index.ts';
import type { Architecture, StoredImage, Treatment } from '../image/index.ts';
import type { KernelFormat, ModuleIndex } from '../kernel/index.ts';
import type { NamedImage, VolumeSpec } from '../spec/index.ts';

/**
 * The system as data: which image goes where, and what is written around the images. Made without touching a disk or
 * a network, complete enough that every output format is a function of it and of the store.
 */
export interface Plan {
  readonly arch: Architecture;
  readonly layout: Layout;
  readonly kernel: KernelPlan | undefined;
  /** The init images, lowest first; `/` is their stack with `files` on top. */
  readonly init: readonly { readonly name: string; readonly image: StoredImage; readonly at: Location }[];
  readonly trees: readonly TreePlan[];
  readonly layouts: readonly LayoutPlan[];
  /** Everything else in the tree: bundles, the YAML's `files:`; sorted by path, parents before children. */
  readonly files: readonly PlannedFile[];
}

/** `packed`: images stay squashfs files, which stage-0 mounts. `flat`: every file lies where it will be, as LinuxKit has it. */
export const layoutKinds = ['packed', 'flat'] as const;
export type Layout = (typeof layoutKinds)[number];

export interface KernelPlan {
  readonly image: StoredImage;
  /** Where the YAML names it. */
  readonly at: Location;
  readonly cmdline: string;
  readonly format: KernelFormat;
  readonly binary: string;
  readonly tar: string | undefined;
  readonly ucode: string | undefined;
  /** `undefined` where the kernel image has no modules. */
  readonly modules: ModulesPlan | undefined;
}

/** Lists of files below `lib/modules/RELEASE` are in an order that `insmod` can follow. */
export interface ModulesPlan {
  readonly release: string;
  /** All that the kernel image has. */
  readonly index: ModuleIndex;
  /** What the YAML names, except for modules with parameters. */
  readonly named: readonly string[];
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

/** Images kept as they are, in an OCI image layout of their own (image-spec, image-layout.md): a volume of `format: oci`. */
export interface LayoutPlan {
  /** The volume's name. */
  readonly name: string;
  /** What the user calls the image. */
  readonly reference: string;
  /** The same image for each platform. */
  readonly images: readonly StoredImage[];
  /** Absolute path in the guest. */
  readonly path: string;
}

/** A file that lkit itself writes into the guest's root. */
export type PlannedFile = BundleFile;

/** Every image that a specification names, in the store. */
export type Images = ReadonlyMap<NamedImage, StoredImage>;

/** The images of each volume of `format: oci`, one for each platform. */
export type LayoutImages = ReadonlyMap<VolumeSpec, readonly StoredImage[]>;
