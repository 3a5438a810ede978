import type { IdMapping, ResourcesSpec } from '../spec/index.ts';
import type { BusNumber } from './buses.ts';

/** What lkit writes of the OCI runtime specification 1.0.2, config.md and config-linux.md. */
export interface OciConfig {
  readonly ociVersion: '1.0.2';
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname: string | undefined;
  readonly mounts: readonly OciMount[];
  readonly hooks: { readonly createRuntime: readonly OciHook[] } | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly linux: OciLinux;
}

export interface OciProcess {
  readonly terminal: false;
  readonly user: OciUser;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: OciCapabilities;
  readonly rlimits: readonly OciRlimit[] | undefined;
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj: number | undefined;
}

export interface OciUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[] | undefined;
}

export interface OciCapabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly inheritable: readonly string[];
  readonly permitted: readonly string[];
  readonly ambient: readonly string[];
}

/** Limits are unsigned numbers of 64 bits: "unlimited" is 2⁶⁴ − 1, which no JavaScript number can hold. */
export interface OciRlimit {
  readonly type: string;
  readonly soft: bigint;
  readonly hard: bigint;
}

export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

/** A program that the runtime starts in its own namespaces, with the container's state as JSON on standard input. */
export interface OciHook {
  readonly path: string;
  readonly args: readonly string[];
}

export interface OciLinux {
  readonly namespaces: readonly OciNamespace[];
  readonly uidMappings: readonly IdMapping[] | undefined;
  readonly gidMappings: readonly IdMapping[] | undefined;
  readonly devices: readonly OciDevice[] | undefined;
  readonly cgroupsPath: string | undefined;
  readonly resources: OciResources | undefined;
  readonly rootfsPropagation: string | undefined;
  readonly sysctl: Readonly<Record<string, string>> | undefined;
  readonly maskedPaths: readonly string[] | undefined;
  readonly readonlyPaths: readonly string[] | undefined;
}

/** Without a path, a new namespace. */
export interface OciNamespace {
  readonly type: 'network' | 'ipc' | 'uts' | 'pid' | 'user' | 'mount';
  readonly path?: string;
}

export interface OciDevice {
  readonly path: string;
  readonly type: string;
  /** A FIFO has no numbers. */
  readonly major: number | undefined;
  readonly minor: number | BusNumber | undefined;
  readonly fileMode: number;
}

export type OciDeviceRule = Omit<NonNullable<ResourcesSpec['devices']>[number], 'minor'> & {
  readonly minor?: number | BusNumber;
};

/** LinuxKit's keys are the specification's, but for `blockIO`. */
export interface OciResources extends Omit<ResourcesSpec, 'blockio' | 'devices'> {
  readonly devices?: readonly OciDeviceRule[];
  readonly blockIO?: NonNullable<ResourcesSpec['blockio']>;
}
