import type { BusDeviceSpec, DeviceSpec, MountSpec, RuntimeKeys, RuntimeSpec } from '../types.ts';
import type { WrittenDevice, WrittenMount, WrittenRuntimeKeys } from './written.ts';

/** Keys whose values are the specification's as they are. */
const plainKeys = [
  'capabilities',
  'ambient',
  'command',
  'env',
  'cwd',
  'net',
  'pid',
  'ipc',
  'uts',
  'userns',
  'hostname',
  'readonly',
  'maskedPaths',
  'readonlyPaths',
  'noNewPrivileges',
  'oomScoreAdj',
  'rootfsPropagation',
  'cgroupsPath',
  'resources',
  'sysctl',
  'rlimits',
  'uidMappings',
  'gidMappings',
  'annotations',
] as const satisfies readonly (keyof WrittenRuntimeKeys & keyof RuntimeKeys)[];

/** A container's keys under the names of the specification. Keys that are absent stay absent. */
export function toRuntimeKeys(written: WrittenRuntimeKeys): RuntimeKeys {
  const { mounts, binds, tmpfs, devices, uid, gid, additionalGids, runtime } = written;
  const { 'capabilities.add': capabilitiesAdd, 'binds.add': bindsAdd } = written;
  const plain = plainKeys.filter((key) => written[key] !== undefined).map((key) => [key, written[key]]);
  return {
    ...(Object.fromEntries(plain) as Pick<RuntimeKeys, (typeof plainKeys)[number]>),
    ...(capabilitiesAdd && { capabilitiesAdd }),
    ...(binds && { binds: binds.map(withAbsoluteDestination) }),
    ...(bindsAdd && { bindsAdd: bindsAdd.map(withAbsoluteDestination) }),
    ...(tmpfs && { tmpfs: tmpfs.map(absolute) }),
    ...(mounts && { mounts: mounts.map(toMount) }),
    ...(devices && { devices: devices.map(toDevice) }),
    ...(uid !== undefined && { uid: toOwner(uid) }),
    ...(gid !== undefined && { gid: toOwner(gid) }),
    ...(additionalGids && { additionalGids: additionalGids.map(toOwner) }),
    ...(runtime && { runtime: toRuntime(runtime) }),
  };
}

function toRuntime({ mounts, ...others }: NonNullable<WrittenRuntimeKeys['runtime']>): RuntimeSpec {
  return { ...others, ...(mounts && { mounts: mounts.map(toMount) }) };
}

/** An empty text and `root` are 0, whatever the containers are called. */
export function toOwner(owner: number | string | undefined): number | string {
  return owner === undefined || owner === '' || owner === 'root' ? 0 : owner;
}

/** Runtimes take a relative destination from the root. */
function absolute(destination: string): string {
  return destination === '' || destination.startsWith('/') ? destination : `/${destination}`;
}

function withAbsoluteDestination(bind: string): string {
  const colon = bind.indexOf(':') + 1;
  return bind.slice(0, colon) + absolute(bind.slice(colon));
}

function toMount({ destination = '', uidmappings, gidmappings, ...others }: WrittenMount): MountSpec {
  return {
    destination: absolute(destination),
    ...others,
    ...(uidmappings && { uidMappings: uidmappings }),
    ...(gidmappings && { gidMappings: gidmappings }),
  };
}

const busPrefix = 'i2c:';

function toDevice(device: WrittenDevice): DeviceSpec | BusDeviceSpec {
  if (typeof device === 'string') return { i2c: device.slice(busPrefix.length) };
  return { major: 0, minor: 0, mode: '', ...device };
}
