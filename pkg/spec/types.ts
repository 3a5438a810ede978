import type { Location } from '../errors/index.ts';
import type { HardwareSpec } from './hardware.ts';

/**
 * The system that one or more YAML files describe, after parsing, validation and merging: plain, immutable, and
 * printable as JSON. Keys have LinuxKit's names and meaning. An absent key is `undefined`, never an empty default:
 * absence means "what the image says", while an empty list means "none".
 */
export interface Spec {
  readonly kernel: KernelSpec | undefined;
  /** Images unpacked to `/`, later ones over earlier ones. */
  readonly init: readonly ImageSpec[];
  /** Containers run to completion, one after another, before any service. */
  readonly onboot: readonly ContainerSpec[];
  /** Containers run to completion, one after another, on a clean power-off. */
  readonly onshutdown: readonly ContainerSpec[];
  readonly services: readonly ServiceSpec[];
  readonly files: readonly FileSpec[];
  readonly volumes: readonly VolumeSpec[];
  /** lkit's own: emulated devices. */
  readonly hardware: HardwareSpec | undefined;
}

/** An image as the user named it, or the folder to build it from. */
export interface NamedImage {
  /** As written: `pkg:getty`, `alpine:3.20`, `oci:dir:tag`, `./folder`; the folder, where it is to be built. */
  readonly text: string;
  /** Where in a file; not for one that the command line names. */
  readonly at?: Location | undefined;
  /** Absolute path of the folder that relative paths in `text` and `build` are relative to. */
  readonly baseDir: string;
  /** lkit's own: build the image instead of looking for one. */
  readonly build?: BuildSpec;
}

/** An image that a YAML file names. */
export interface ImageSpec extends NamedImage {
  readonly at: Location;
}

/** What to build an image from. */
export interface BuildSpec {
  /** The folder, relative to `baseDir`. */
  readonly context: string;
  /** @default 'Dockerfile' */
  readonly dockerfile?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** `linux/arm64`. @default the system's */
  readonly platform?: string;
}

export interface KernelSpec {
  readonly image: ImageSpec;
  /** @default '' */
  readonly cmdline: string;
  /** File name of the kernel inside its image. @default 'kernel' */
  readonly binary: string;
  /** Tar of modules and firmware inside the image, unpacked to `/`; `undefined` when the user wrote `none`. @default 'kernel.tar' */
  readonly tar: string | undefined;
  /** CPU microcode cpio inside the image, put in front of the initrd. */
  readonly ucode: string | undefined;
  /** lkit's own: modules to keep and to load at boot, beside those that the image itself asks to keep. */
  readonly modules: readonly ModuleSpec[] | undefined;
}

/** A kernel module by name, with the parameters to load it with. */
export interface ModuleSpec {
  /** As in `modinfo`: `i2c-stub`; `-` and `_` are the same. */
  readonly name: string;
  /** What follows the name, separated by spaces: `chip_addr=0x76`; empty where nothing does. */
  readonly parameters: string;
  readonly at: Location;
}

/** An entry of `onboot`, `onshutdown` or `services`. */
export interface ContainerSpec extends RuntimeKeys {
  readonly name: string;
  readonly image: ImageSpec;
  readonly at: Location;
  /** Where each of its keys stands, by the key as the YAML has it. @default none, for containers of lkit's own */
  readonly places?: Readonly<Partial<Record<string, Location>>>;
  /** lkit's own, for `onboot`. @default 'continue' */
  readonly onFailure: 'continue' | 'halt' | 'reboot' | undefined;
}

export interface ServiceSpec extends ContainerSpec {
  /** lkit's own. @default 'no' */
  readonly restart: 'no' | 'on-failure' | 'always' | undefined;
  /** lkit's own: milliseconds to wait before a restart. @default 1000 */
  readonly restartDelayMs: number | undefined;
  /** lkit's own: services that must be up (healthy, where they have a healthcheck) first. */
  readonly dependsOn: readonly string[] | undefined;
  readonly healthcheck: HealthcheckSpec | undefined;
}

export interface HealthcheckSpec {
  readonly command: readonly string[];
  /** Milliseconds between two checks. @default 5000 */
  readonly intervalMs: number;
  /** Failures in a row that make the service unhealthy. @default 3 */
  readonly retries: number;
}

/**
 * The keys that an image entry and the label `org.mobyproject.config` share. A present key replaces the label's value
 * as a whole; only `capabilitiesAdd` and `bindsAdd` append.
 */
export interface RuntimeKeys {
  readonly capabilities?: readonly string[];
  readonly capabilitiesAdd?: readonly string[];
  readonly ambient?: readonly string[];
  readonly mounts?: readonly MountSpec[];
  /** `source:destination[:options]`. */
  readonly binds?: readonly string[];
  readonly bindsAdd?: readonly string[];
  readonly devices?: readonly (DeviceSpec | BusDeviceSpec)[];
  /** `destination[:options]`. */
  readonly tmpfs?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly net?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  readonly userns?: string;
  readonly hostname?: string;
  readonly readonly?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  /** A number, or the name of a container whose ids lkit allocates. */
  readonly uid?: number | string;
  readonly gid?: number | string;
  readonly additionalGids?: readonly (number | string)[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
  readonly rootfsPropagation?: string;
  readonly cgroupsPath?: string;
  readonly resources?: ResourcesSpec;
  readonly sysctl?: Readonly<Record<string, string>>;
  /** `name,soft,hard`; `unlimited`; the prefix RLIMIT_ is optional. */
  readonly rlimits?: readonly string[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly runtime?: RuntimeSpec;
}

export interface MountSpec {
  /** Empty where the YAML leaves it out: proc, devpts, sysfs, cgroup and mqueue have usual ones. */
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  /** Ids of an id-mapped mount; LinuxKit's `uidmappings` and `gidmappings`. */
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface DeviceSpec {
  /** `/dev/…`, or `all`: the whole class in the device cgroup. */
  readonly path: string;
  readonly type: 'a' | 'b' | 'c' | 'p' | 'u';
  readonly major: number;
  readonly minor: number;
  /** Octal, as written: `0666`. Empty for the path `all`. */
  readonly mode: string;
}

/** lkit's own: an emulated I2C bus, by its name. */
export interface BusDeviceSpec {
  readonly i2c: string;
}

export interface IdMapping {
  readonly hostID: number;
  readonly containerID: number;
  readonly size: number;
}

/** The OCI runtime specification's `linux.resources`, with LinuxKit's key names (config-linux.md, "Control groups"). */
export interface ResourcesSpec {
  readonly devices?: readonly {
    readonly allow: boolean;
    readonly type?: string;
    readonly major?: number;
    readonly minor?: number;
    readonly access?: string;
  }[];
  readonly memory?: {
    readonly limit?: number;
    readonly reservation?: number;
    readonly swap?: number;
    readonly kernel?: number;
    readonly kernelTCP?: number;
    readonly swappiness?: number;
    readonly disableOOMKiller?: boolean;
  };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly realtimeRuntime?: number;
    readonly realtimePeriod?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly blockio?: {
    readonly weight?: number;
    readonly leafWeight?: number;
    readonly weightDevice?: readonly {
      readonly major: number;
      readonly minor: number;
      readonly weight?: number;
      readonly leafWeight?: number;
    }[];
    readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
    readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
    readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
    readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
  };
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  readonly network?: {
    readonly classID?: number;
    readonly priorities?: readonly { readonly name: string; readonly priority: number }[];
  };
}

export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** What the guest's init prepares around a container: LinuxKit's `runtime` key. */
export interface RuntimeSpec {
  readonly cgroups?: readonly string[];
  readonly mounts?: readonly MountSpec[];
  readonly mkdir?: readonly string[];
  readonly interfaces?: readonly {
    readonly name?: string;
    readonly add?: string;
    readonly peer?: string;
    readonly createInRoot?: boolean;
  }[];
  readonly bindNS?: {
    readonly cgroup?: string;
    readonly ipc?: string;
    readonly mnt?: string;
    readonly net?: string;
    readonly pid?: string;
    readonly user?: string;
    readonly uts?: string;
  };
  readonly namespace?: string;
}

/** An entry of `files`. Exactly one of contents, source, metadata, symlink, directory is present. */
export interface FileSpec {
  /** Without a leading slash. */
  readonly path: string;
  readonly at: Location;
  readonly content: FileContent;
  /** Permission bits. @default 0o600, directories 0o700 */
  readonly mode: number;
  /** A number, or the name of a container whose ids lkit allocates. @default 0 */
  readonly uid: number | string;
  readonly gid: number | string;
}

export type FileContent =
  | { readonly kind: 'text'; readonly text: string }
  /** A file on the host; absolute, or relative to `baseDir`, the YAML file's folder; `~/` is the user's home. */
  | { readonly kind: 'source'; readonly path: string; readonly optional: boolean; readonly baseDir: string }
  /** The merged YAML itself. */
  | { readonly kind: 'metadata'; readonly format: 'yaml' | 'json' }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'directory' };

export interface VolumeSpec {
  readonly name: string;
  readonly at: Location;
  readonly image: ImageSpec | undefined;
  readonly readonly: boolean;
  readonly format: 'filesystem' | 'oci';
  readonly platforms: readonly string[] | undefined;
}
