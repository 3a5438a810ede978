import type { Faults } from '../errors/index.ts';
import { bundleError, type Subject } from './error.ts';
import type { EffectiveKeys } from './keys.ts';
import type { OciConfig, OciNamespace } from './oci.ts';

type NamespaceKey = 'net' | 'ipc' | 'uts' | 'pid' | 'userns';

/**
 * The runtimes, or the kernel, refuse what reaches out of the container's namespaces. Told at build, it costs no boot.
 *
 * @param faults takes a `BundleError` `missing-namespace` for each
 */
export function checkIsolation(subject: Subject, keys: EffectiveKeys, config: OciConfig, faults: Faults): void {
  const { namespaces } = config.linux;
  if (keys.hostname !== '' && !has(namespaces, 'uts')) {
    faults.add(missingNamespace(subject, 'hostname', "the host's name is not the container's to set", 'uts'));
  }
  for (const key of ['uidMappings', 'gidMappings'] as const) {
    if (keys[key].length === 0 || has(namespaces, 'user')) continue;
    faults.add(missingNamespace(subject, key, 'there is no user namespace to map ids for', 'userns'));
  }
  if (!namespaces.some(({ type, path }) => type === 'user' && path === undefined)) return;
  faults.check(() => {
    checkUser(subject, keys, config);
  });
}

/** What a file system shows belongs to a namespace, and only its owner may mount it (user_namespaces.7). */
const ownersOfMounts = [
  { mount: 'proc', namespace: 'pid', key: 'pid' },
  { mount: 'sysfs', namespace: 'network', key: 'net' },
  { mount: 'mqueue', namespace: 'ipc', key: 'ipc' },
] as const;

function checkUser(subject: Subject, keys: EffectiveKeys, { mounts, linux }: OciConfig): void {
  if (keys.uidMappings.length === 0 || keys.gidMappings.length === 0) {
    const hint = 'Add uidMappings and gidMappings, which tell whose ids the ones in the container are.';
    throw bundleError(subject, 'missing-namespace', 'userns', 'a new user namespace needs id mappings', hint);
  }
  for (const { mount, namespace, key } of ownersOfMounts) {
    const mounted = mounts.find(({ type }) => type === mount);
    if (mounted === undefined || has(linux.namespaces, namespace)) continue;
    const problem = `a new user namespace cannot mount the host's ${mount} at ${mounted.destination}`;
    throw missingNamespace(subject, 'userns', problem, key);
  }
}

export function has(namespaces: readonly OciNamespace[], wanted: OciNamespace['type']): boolean {
  return namespaces.some(({ type }) => type === wanted);
}

export function missingNamespace(
  subject: Subject,
  key: keyof EffectiveKeys & Parameters<typeof bundleError>[2],
  problem: string,
  missing: NamespaceKey,
): Error {
  return bundleError(subject, 'missing-namespace', key, problem, `Add "${missing}: new".`, { other: missing });
}
