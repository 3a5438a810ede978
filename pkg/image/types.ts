/** A content descriptor (OCI image-spec, descriptor.md). `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** The architectures that lkit builds systems for, in OCI's (Go's) names. */
export type Architecture = 'amd64' | 'arm64' | 'riscv64';

/** OCI image-spec, image-index.md, `platform`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** OCI image-spec, manifest.md; Docker's schema 2 has the same shape. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** OCI image-spec, config.md. Fields keep the specification's spelling. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly config?: ExecutionConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly {
    readonly created?: string;
    readonly created_by?: string;
    readonly comment?: string;
    readonly empty_layer?: boolean;
  }[];
}

/** The `config` object of an image configuration: how a container of the image runs. */
export interface ExecutionConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly StopSignal?: string;
}

/** An image whose manifest, config and layers are all in the store. */
export interface StoredImage {
  /** The manifest's own descriptor: its digest identifies the image. */
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
}

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** Labels that lkit and LinuxKit read from an image's config. */
export const labels = {
  /** LinuxKit's: a JSON object of image-entry keys, the image's own defaults. */
  mobyConfig: 'org.mobyproject.config',
  /** On an init image: `packed` when it holds a stage-0 that boots the packed layout. */
  init: 'org.lkit.init',
  /** On a kernel image: modules, separated by spaces, that every system of it keeps; the rest is left out. */
  kernelModules: 'org.lkit.kernel.modules',
  /** On an image whose arguments name kernel modules, as load_modules' do: `arguments`. */
  modulesFrom: 'org.lkit.modules.from',
} as const;

/** Annotations that lkit writes into manifests. */
export const annotations = {
  /** A JSON list of `DebianPackage`: what the image was made of. */
  debianPackages: 'org.lkit.debian.packages',
  /** On a layer that shares nothing with the image's others: a JSON list of the names that it has in the root folder. */
  layerNames: 'org.lkit.layer.names',
} as const;
