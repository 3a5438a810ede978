import type { DeviceSpec, FileContent, IdMapping, MountSpec, RuntimeKeys, RuntimeSpec } from '../types.ts';

/** The YAML's values after validation, with the YAML's own names. */
export interface WrittenSystem {
  readonly kernel?: WrittenKernel;
  readonly init?: readonly string[];
  readonly onboot?: readonly WrittenContainer[];
  readonly onshutdown?: readonly WrittenContainer[];
  readonly services?: readonly WrittenContainer[];
  readonly files?: readonly WrittenFile[];
  readonly volumes?: readonly WrittenVolume[];
  readonly hardware?: unknown;
}

export interface WrittenImage {
  readonly image?: string;
  readonly build?: string | WrittenBuild;
}

export interface WrittenBuild {
  readonly context: string;
  readonly dockerfile?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: string;
}

export interface WrittenKernel extends WrittenImage {
  readonly cmdline?: string;
  readonly binary?: string;
  readonly tar?: string;
  readonly ucode?: string;
  readonly modules?: readonly string[];
}

export type WrittenMount = Partial<Pick<MountSpec, 'destination'>> &
  Omit<MountSpec, 'destination' | 'uidMappings' | 'gidMappings'> & {
    readonly uidmappings?: readonly IdMapping[];
    readonly gidmappings?: readonly IdMapping[];
  };

export type WrittenDevice = string | (Pick<DeviceSpec, 'path' | 'type'> & Partial<DeviceSpec>);

export type WrittenRuntimeKeys = Omit<
  RuntimeKeys,
  'capabilitiesAdd' | 'bindsAdd' | 'mounts' | 'devices' | 'runtime'
> & {
  readonly 'capabilities.add'?: readonly string[];
  readonly 'binds.add'?: readonly string[];
  readonly mounts?: readonly WrittenMount[];
  readonly devices?: readonly WrittenDevice[];
  readonly runtime?: Omit<RuntimeSpec, 'mounts'> & { readonly mounts?: readonly WrittenMount[] };
};

export interface WrittenContainer extends WrittenImage, WrittenRuntimeKeys {
  readonly name: string;
  readonly onFailure?: 'continue' | 'halt' | 'reboot';
  readonly restart?: 'no' | 'on-failure' | 'always';
  readonly restartDelay?: string;
  readonly dependsOn?: readonly string[];
  readonly healthcheck?: { readonly command: readonly string[]; readonly interval?: string; readonly retries?: number };
}

export interface WrittenFile {
  readonly path: string;
  readonly contents?: string;
  readonly source?: string;
  readonly metadata?: (FileContent & { readonly kind: 'metadata' })['format'] | '';
  readonly symlink?: string;
  readonly directory?: boolean;
  readonly optional?: boolean;
  readonly mode?: string;
  readonly uid?: number | string;
  readonly gid?: number | string;
}

export interface WrittenVolume extends WrittenImage {
  readonly name: string;
  readonly readonly?: boolean;
  readonly format?: 'filesystem' | 'oci';
  readonly platforms?: readonly string[];
}
