import { nearest } from '../errors/index.ts';
import { bundleError, type Subject } from './error.ts';
import type { EffectiveKeys } from './keys.ts';
import type { OciNamespace } from './oci.ts';

type Key = 'net' | 'ipc' | 'uts' | 'pid' | 'userns';

export const namespaceTypes = { net: 'network', ipc: 'ipc', uts: 'uts', pid: 'pid', userns: 'user' } as const;

/**
 * The container's own namespaces (config-linux.md, "Namespaces"); those of the host are left out. Each key is `host`
 * or `root`, `new` (for the network also `none`), or the path of a namespace to join. The mount namespace is always
 * new. That of control groups is the host's, as in LinuxKit: a kubelet or dockerd sees the groups of `runtime.cgroups`.
 *
 * @throws {BundleError} `invalid-namespace`
 */
export function makeNamespaces(subject: Subject, keys: Pick<EffectiveKeys, Key>): readonly OciNamespace[] {
  const chosen = (['net', 'ipc', 'uts', 'pid', 'userns'] as const).flatMap((key) => namespace(subject, key, keys[key]));
  return [...chosen, { type: 'mount' }];
}

function namespace(subject: Subject, key: Key, value: string): readonly OciNamespace[] {
  const type = namespaceTypes[key];
  const fresh = key === 'net' ? ['new', 'none'] : ['new'];
  if (value === 'host' || value === 'root') return [];
  if (fresh.includes(value)) return [{ type }];
  if (value.startsWith('/')) return [{ type, path: value }];
  const words = ['host', 'root', ...fresh];
  const near = nearest(value, words);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((word) => `"${word}"`).join(' or ')}?`
      : `Write ${words.join(', ')}, or the absolute path of a namespace such as /run/netns/web.`;
  throw bundleError(subject, 'invalid-namespace', key, `"${value}" is not a namespace`, hint);
}
