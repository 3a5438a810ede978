import { nearest } from '../errors/index.ts';
import type { VolumeSpec } from '../spec/index.ts';
import { busNames, busVariable } from './buses.ts';
import { makeCapabilities } from './capabilities.ts';
import { makeDevices } from './devices.ts';
import { bundleError, type Subject } from './error.ts';
import { requireId } from './ids.ts';
import { checkIsolation } from './isolation.ts';
import { sortedRecord } from './json.ts';
import type { EffectiveKeys } from './keys.ts';
import { makeMounts } from './mounts.ts';
import { makeNamespaces } from './namespaces.ts';
import type { OciConfig, OciDeviceRule, OciLinux, OciProcess, OciResources, OciUser } from './oci.ts';
import { makeRlimits } from './rlimits.ts';
import { makeSysctl } from './sysctl.ts';

export interface ConfigInput {
  readonly subject: Subject;
  readonly keys: EffectiveKeys;
  readonly ids: ReadonlyMap<string, number>;
  readonly volumes: ReadonlyMap<string, VolumeSpec>;
  /** Absolute path in the guest of the container's root. */
  readonly rootfs: string;
  /** Absolute path in the guest of a program to run between creation and start. */
  readonly hook: string | undefined;
}

/**
 * The container's config.json.
 *
 * @throws {BundleError}
 */
export function makeConfig(input: ConfigInput): OciConfig {
  const { subject, keys, hook } = input;
  const config: OciConfig = {
    ociVersion: '1.0.2',
    process: makeProcess(input),
    root: { path: input.rootfs, readonly: keys.readonly },
    hostname: filled(keys.hostname),
    mounts: makeMounts(subject, keys, input.volumes),
    hooks: hook === undefined ? undefined : { createRuntime: [{ path: hook, args: ['attach'] }] },
    annotations: sortedRecord(keys.annotations),
    linux: makeLinux(input),
  };
  checkIsolation(subject, keys, config);
  return config;
}

function makeProcess({ subject, keys, ids }: ConfigInput): OciProcess {
  if (keys.args.length === 0) {
    const hint = 'Add "command:"; the image itself has neither an entry point nor a command.';
    throw bundleError(subject, 'no-command', 'command', 'there is nothing to run', hint);
  }
  if (!keys.cwd.startsWith('/')) {
    throw bundleError(subject, 'invalid-value', 'cwd', `"${keys.cwd}" is not an absolute path`, 'Start it with "/".');
  }
  for (const variable of keys.env) {
    if (variable.indexOf('=') > 0) continue;
    throw bundleError(subject, 'invalid-value', 'env', `"${variable}" is not a variable`, 'Write NAME=value.');
  }
  const { oomScoreAdj } = keys;
  if (oomScoreAdj !== undefined && (oomScoreAdj < -1000 || oomScoreAdj > 1000)) {
    throw bundleError(subject, 'invalid-value', 'oomScoreAdj', `${oomScoreAdj} is not between -1000 and 1000`);
  }
  return {
    terminal: false,
    user: makeUser(subject, keys, ids),
    args: keys.args,
    env: [...keys.env, ...busNames(keys.devices).map(busVariable)],
    cwd: keys.cwd,
    capabilities: makeCapabilities(subject, keys.capabilities, keys.ambient),
    rlimits: filled(makeRlimits(subject, keys.rlimits)),
    noNewPrivileges: keys.noNewPrivileges,
    oomScoreAdj,
  };
}

function makeUser(subject: Subject, keys: EffectiveKeys, ids: ReadonlyMap<string, number>): OciUser {
  return {
    uid: requireId(subject, 'uid', keys.uid, ids),
    gid: requireId(subject, 'gid', keys.gid, ids),
    additionalGids: filled(keys.additionalGids.map((group) => requireId(subject, 'additionalGids', group, ids))),
  };
}

function makeLinux({ subject, keys }: ConfigInput): OciLinux {
  const { devices, rules } = makeDevices(subject, keys.devices);
  const namespaces = makeNamespaces(subject, keys);
  return {
    namespaces,
    uidMappings: filled(keys.uidMappings),
    gidMappings: filled(keys.gidMappings),
    devices: filled(devices),
    cgroupsPath: filled(keys.cgroupsPath),
    resources: makeResources(keys, rules),
    rootfsPropagation: filled(propagation(subject, keys.rootfsPropagation)),
    sysctl: makeSysctl(subject, keys.sysctl, namespaces),
    maskedPaths: filled(keys.maskedPaths),
    readonlyPaths: filled(keys.readonlyPaths),
  };
}

function makeResources(keys: EffectiveKeys, rules: readonly OciDeviceRule[]): OciResources | undefined {
  const { blockio, devices, ...rest } = keys.resources;
  // In the order of the rules the last one wins: what `devices` lists is allowed whatever `resources` forbids.
  const all = [...(devices ?? []), ...rules];
  const resources = {
    ...(all.length > 0 && { devices: all }),
    ...rest,
    ...(blockio !== undefined && { blockIO: blockio }),
  };
  return Object.keys(resources).length === 0 ? undefined : resources;
}

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'];

function propagation(subject: Subject, value: string): string {
  if (value === '' || propagations.includes(value)) return value;
  const [near] = nearest(value, propagations);
  const hint = near === undefined ? `Write one of ${propagations.join(', ')}.` : `Did you mean "${near}"?`;
  throw bundleError(subject, 'invalid-value', 'rootfsPropagation', `"${value}" is not a propagation`, hint);
}

/** Nothing instead of an empty text or list, which the file leaves out. */
function filled<Value extends string | readonly unknown[]>(value: Value): Value | undefined {
  return value.length === 0 ? undefined : value;
}
