import type { ImageReference } from '../image/index.ts';
import { canonicalRegistry, hostnameOf, networkHost, reachOf } from './host.ts';
import type { Mirror } from './mirror.ts';

/** A server that is asked for a repository. */
export interface Endpoint {
  /** The registry's canonical name, under which its logins are kept. */
  readonly registry: string;
  /** Host and, where given, port on the network. */
  readonly host: string;
  /** `either`: https where it is spoken, else http. Only on this machine, where nobody listens in. */
  readonly scheme: 'http' | 'https' | 'either';
  /** The repository's name there. */
  readonly repository: string;
  readonly isMirror: boolean;
}

/**
 * The servers that may have a reference's image, in the order in which to ask: the mirrors, then the registry itself.
 *
 * @param plainHttp hosts that may be spoken to without TLS
 */
export function endpointsFor(
  { registry, repository }: ImageReference,
  mirrors: readonly Mirror[],
  plainHttp: readonly string[],
): readonly Endpoint[] {
  const name = canonicalRegistry(registry);
  return [
    ...mirrors.filter((mirror) => mirror.registry === name).map(({ url }) => mirrorEndpoint(url, repository)),
    registryEndpoint({ registry, repository }, plainHttp),
  ];
}

/** The registry itself. */
export function registryEndpoint(
  { registry, repository }: Pick<ImageReference, 'registry' | 'repository'>,
  plainHttp: readonly string[],
): Endpoint {
  const name = canonicalRegistry(registry);
  const host = networkHost(name);
  const isPlain = plainHttp.some((each) => each.toLowerCase() === host || each.toLowerCase() === hostnameOf(host));
  const scheme = isPlain ? 'http' : reachOf(host) === 'loopback' ? 'either' : 'https';
  return { registry: name, host, scheme, repository, isMirror: false };
}

function mirrorEndpoint(url: URL, repository: string): Endpoint {
  const folder = url.pathname.replaceAll(/^\/+|\/+$/g, '');
  return {
    registry: canonicalRegistry(url.host),
    host: url.host,
    // To write http:// is to allow it.
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    repository: folder === '' ? repository : `${folder}/${repository}`,
    isMirror: true,
  };
}
