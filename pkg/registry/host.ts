import { BlockList, isIP, isIPv4 } from 'node:net';

/** Docker Hub's name in references; the host that serves it has another one. */
export const dockerHub = 'docker.io';

const hubAliases = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

/** One name for each registry: lower case, and Docker Hub's many names made one. */
export function canonicalRegistry(host: string): string {
  const lower = host.toLowerCase();
  return hubAliases.has(lower) ? dockerHub : lower;
}

/** The host, with its port where there is one, that a registry's name stands for. */
export function networkHost(registry: string): string {
  return registry === dockerHub ? 'registry-1.docker.io' : registry;
}

/** `[::1]:5000` → `::1`, `localhost:5000` → `localhost`. */
export function hostnameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase();
}

/** How far an address reaches. A name that is not an address counts as public, except for localhost. */
export type Reach = 'loopback' | 'link-local' | 'private' | 'public';

const ranges: readonly (readonly [Reach, BlockList])[] = [
  // The unspecified address reaches this machine, too.
  ['loopback', subnets(['127.0.0.0', 8], ['0.0.0.0', 8], ['::1', 128], ['::', 128])],
  // Among them the addresses at which clouds hand out credentials.
  ['link-local', subnets(['169.254.0.0', 16], ['fe80::', 10])],
  ['private', subnets(['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['fc00::', 7])],
];

/** @param host with or without port */
export function reachOf(host: string): Reach {
  const hostname = hostnameOf(host).replace(/\.$/, '');
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return 'loopback';
  if (isIP(hostname) === 0) return 'public';
  const family = isIPv4(hostname) ? 'ipv4' : 'ipv6';
  return ranges.find(([, list]) => list.check(hostname, family))?.[0] ?? 'public';
}

function subnets(...networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of networks) list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}
