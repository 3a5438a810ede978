import { canonicalRegistry } from '../host.ts';

/**
 * What a key of `auths` stands for. Over the years tools have written `host`, `https://host`, `https://host/v1/` and,
 * for a part of a registry, `host/namespace`.
 */
export function canonicalKey(key: string): string {
  const [host = '', ...path] = key
    .trim()
    .replace(/^https?:\/\//i, '')
    .split('/');
  const rest = path.filter((part) => part !== '').join('/');
  const namespace = /^v[12]$/.test(rest) ? '' : rest;
  return [canonicalRegistry(host), ...(namespace === '' ? [] : [namespace])].join('/');
}

/** The keys under which a repository's login may be, the most particular first. */
export function keysFor(registry: string, repository: string): readonly string[] {
  const parts = repository.split('/');
  return [...parts.keys()]
    .map((index) => [registry, ...parts.slice(0, parts.length - index)].join('/'))
    .concat(registry);
}

/** What Docker calls a registry when it asks a helper. */
export function helperKey(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}
