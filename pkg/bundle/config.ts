import { type Faults, nearest } from '../errors/index.ts';
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
import type { OciConfig, OciDeviceRule, OciLinux, OciNamespace, OciProcess, OciResources, OciUser } from './oci.ts';
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
  /** Takes a `BundleError` for each key that cannot be as it is. */
  readonly faults: Faults;
}

/** The container's config.json; where there are faults, something like it. */
export function makeConfig(input: ConfigInput): OciConfig {
  const { subject, keys, hook, faults } = input;
  const namespaces = faults.attempt(() => makeNamespaces(subject, keys), undefined);
  const config: OciConfig = {
    ociVersion: '1.0.2',
    process: makeProcess(input),
    root: { path: input.rootfs, readonly: keys.readonly },
    hostname: filled(keys.hostname),
    mounts: makeMounts(subject, keys, input.volumes, faults),
    hooks: hook === undefined ? undefined : { createRuntime: [{ path: hook, args: ['attach'] }] },
    annotations: sortedRecord(keys.annotations),
    linux: makeLinux(input, namespaces),
  };
  if (namespaces !== undefined) checkIsolation(subject, keys, config, faults);
  return config;
}

function makeProcess({ subject, keys, ids, faults }: ConfigInput): OciProcess {
  checkProcess(subject, keys, faults);
  const { oomScoreAdj } = keys;
  const capabilities = faults.attempt(() => makeCapabilities(subject, keys.capabilities, keys.ambient), none);
  return {
    terminal: false,
    user: makeUser(subject, keys, ids, faults),
    args: keys.args,
    env: [...keys.env, ...busNames(keys.devices).map(busVariable)],
    cwd: keys.cwd,
    capabilities,
    rlimits: filled(faults.attempt(() => makeRlimits(subject, keys.rlimits), [])),
    noNewPrivileges: keys.noNewPrivileges,
    oomScoreAdj,
  };
}

const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };

function checkProcess(subject: Subject, keys: EffectiveKeys, faults: Faults): void {
  if (keys.args.length === 0) {
    const hint = 'Add "command:"; the image itself has neither an entry point nor a command.';
    faults.add(bundleError(subject, 'no-command', 'command', 'there is nothing to run', hint));
  }
  if (!keys.cwd.startsWith('/')) {
    const problem = `"${keys.cwd}" is not an absolute path`;
    faults.add(bundleError(subject, 'invalid-value', 'cwd', problem, 'Start it with "/".'));
  }
  for (const variable of keys.env) {
    if (variable.indexOf('=') > 0) continue;
    faults.add(bundleError(subject, 'invalid-value', 'env', `"${variable}" is not a variable`, 'Write NAME=value.'));
  }
  const { oomScoreAdj = 0 } = keys;
  if (oomScoreAdj >= -1000 && oomScoreAdj <= 1000) return;
  faults.add(bundleError(subject, 'invalid-value', 'oomScoreAdj', `${oomScoreAdj} is not between -1000 and 1000`));
}

function makeUser(subject: Subject, keys: EffectiveKeys, ids: ReadonlyMap<string, number>, faults: Faults): OciUser {
  const id = (key: 'uid' | 'gid' | 'additionalGids', owner: number | string): number =>
    faults.attempt(() => requireId(subject, key, owner, ids), 0);
  return {
    uid: id('uid', keys.uid),
    gid: id('gid', keys.gid),
    additionalGids: filled(keys.additionalGids.map((group) => id('additionalGids', group))),
  };
}

/** @param namespaces `undefined` where it is not known which there are: then nothing is checked against them */
function makeLinux({ subject, keys, faults }: ConfigInput, namespaces: readonly OciNamespace[] | undefined): OciLinux {
  const { devices, rules } = faults.attempt(() => makeDevices(subject, keys.devices), { devices: [], rules: [] });
  const rootfsPropagation = faults.attempt(() => propagation(subject, keys.rootfsPropagation), '');
  return {
    namespaces: namespaces ?? [],
    uidMappings: filled(keys.uidMappings),
    gidMappings: filled(keys.gidMappings),
    devices: filled(devices),
    cgroupsPath: filled(keys.cgroupsPath),
    resources: makeResources(keys, rules),
    rootfsPropagation: filled(rootfsPropagation),
    sysctl: namespaces && makeSysctl(subject, keys.sysctl, namespaces, faults),
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
