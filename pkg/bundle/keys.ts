import type { ExecutionConfig } from '../image/index.ts';
import type { RuntimeKeys, RuntimeSpec } from '../spec/index.ts';

type Listed = 'ambient' | 'mounts' | 'devices' | 'tmpfs' | 'maskedPaths' | 'readonlyPaths' | 'additionalGids';
type Mapped = 'rlimits' | 'uidMappings' | 'gidMappings';
type Text = 'net' | 'pid' | 'ipc' | 'uts' | 'userns' | 'hostname' | 'rootfsPropagation' | 'cgroupsPath';

/** A container's keys after precedence, with the defaults filled in. Text keys that nobody set are empty. */
export type EffectiveKeys = Readonly<Record<Text, string>> & {
  readonly [Key in Listed | Mapped]: NonNullable<RuntimeKeys[Key]>;
} & {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: readonly string[];
  readonly binds: readonly string[];
  readonly readonly: boolean;
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj: number | undefined;
  readonly uid: number | string;
  readonly gid: number | string;
  readonly resources: NonNullable<RuntimeKeys['resources']>;
  readonly sysctl: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly runtime: EffectiveRuntime;
};

/** LinuxKit's `runtime` key in full, as runtime.json has it: empty where nobody set anything. */
export interface EffectiveRuntime {
  readonly cgroups: NonNullable<RuntimeSpec['cgroups']>;
  readonly mounts: NonNullable<RuntimeSpec['mounts']>;
  readonly mkdir: NonNullable<RuntimeSpec['mkdir']>;
  readonly interfaces: NonNullable<RuntimeSpec['interfaces']>;
  readonly bindNS: Required<NonNullable<RuntimeSpec['bindNS']>>;
  readonly namespace: string;
}

/**
 * What holds for a container: the YAML over the image's label over the image's configuration, key by key; a value is
 * replaced as a whole, and an empty list empties it. `capabilities.add` and `binds.add` append to the label's list,
 * and have no effect where the YAML has the list itself. Of the image's configuration only the command, the environment
 * and the working directory count.
 */
export function effectiveKeys(config: ExecutionConfig, label: RuntimeKeys, yaml: RuntimeKeys): EffectiveKeys {
  const last = <Key extends keyof RuntimeKeys>(key: Key): RuntimeKeys[Key] => yaml[key] ?? label[key];
  // To LinuxKit an empty text in the YAML is as good as none at all.
  const lastText = (key: 'cwd' | 'net' | 'pid' | 'ipc' | 'uts' | 'userns' | 'hostname'): string | undefined =>
    [yaml[key], label[key]].find((text) => text !== undefined && text !== '');
  const lastList = (key: 'capabilities' | 'binds', added: readonly string[] | undefined): readonly string[] => [
    ...new Set(yaml[key] ?? [...(label[key] ?? []), ...(added ?? [])]),
  ];
  return {
    args: last('command') ?? [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: last('env') ?? config.Env ?? [],
    cwd: lastText('cwd') ?? (config.WorkingDir === '' ? undefined : config.WorkingDir) ?? '/',
    capabilities: lastList('capabilities', yaml.capabilitiesAdd),
    ambient: [...new Set(last('ambient'))],
    mounts: last('mounts') ?? [],
    binds: lastList('binds', yaml.bindsAdd),
    devices: last('devices') ?? [],
    tmpfs: last('tmpfs') ?? [],
    net: lastText('net') ?? 'host',
    pid: lastText('pid') ?? 'new',
    ipc: lastText('ipc') ?? 'host',
    uts: lastText('uts') ?? 'host',
    userns: lastText('userns') ?? 'host',
    hostname: lastText('hostname') ?? '',
    readonly: last('readonly') ?? false,
    maskedPaths: last('maskedPaths') ?? [],
    readonlyPaths: last('readonlyPaths') ?? [],
    uid: last('uid') ?? 0,
    gid: last('gid') ?? 0,
    additionalGids: last('additionalGids') ?? [],
    noNewPrivileges: last('noNewPrivileges') ?? false,
    oomScoreAdj: last('oomScoreAdj'),
    rootfsPropagation: last('rootfsPropagation') ?? '',
    cgroupsPath: last('cgroupsPath') ?? '',
    resources: last('resources') ?? {},
    sysctl: last('sysctl') ?? {},
    rlimits: last('rlimits') ?? [],
    uidMappings: last('uidMappings') ?? [],
    gidMappings: last('gidMappings') ?? [],
    annotations: last('annotations') ?? {},
    runtime: effectiveRuntime(label.runtime ?? {}, yaml.runtime ?? {}),
  };
}

/** `runtime` is the one key that is not replaced as a whole: each key below it, and below `bindNS`, is. */
function effectiveRuntime(label: RuntimeSpec, yaml: RuntimeSpec): EffectiveRuntime {
  const bindNS = (kind: keyof NonNullable<RuntimeSpec['bindNS']>): string =>
    yaml.bindNS?.[kind] ?? label.bindNS?.[kind] ?? '';
  return {
    cgroups: yaml.cgroups ?? label.cgroups ?? [],
    mounts: yaml.mounts ?? label.mounts ?? [],
    mkdir: yaml.mkdir ?? label.mkdir ?? [],
    interfaces: yaml.interfaces ?? label.interfaces ?? [],
    bindNS: {
      cgroup: bindNS('cgroup'),
      ipc: bindNS('ipc'),
      mnt: bindNS('mnt'),
      net: bindNS('net'),
      pid: bindNS('pid'),
      user: bindNS('user'),
      uts: bindNS('uts'),
    },
    namespace: yaml.namespace ?? label.namespace ?? '',
  };
}
