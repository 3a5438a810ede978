import { RegistryError } from './error.ts';
import { hostnameOf, type Reach, reachOf } from './host.ts';

/**
 * The address of a token server, which a registry names and which gets the user's credentials. It must be as safe as
 * the registry itself: no step down from https, and from a public registry no step into the network around us, where
 * a request alone may do harm.
 *
 * @param registry the address that named it
 * @param what begins the error: what was asked for
 * @throws {RegistryError} `unsafe-address`
 */
export function checkRealm(realm: string | undefined, registry: URL, what: string): URL {
  if (realm === undefined) throw unsafe(what, registry, 'names no token server');
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw unsafe(what, registry, 'names a token server without a URL');
  if (url.username !== '' || url.password !== '')
    throw unsafe(what, registry, 'names a token server with a password in it');
  checkStep(registry, url, ['loopback', 'link-local', 'private'], 'a token server', what);
  url.hash = '';
  return url;
}

/**
 * Where a redirect leads.
 *
 * @throws {RegistryError} `unsafe-address`, `bad-response`
 */
export function checkRedirect(location: string | undefined, from: URL, what: string): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new RegistryError('bad-response', `${what}: ${from.host} redirects to nowhere`);
  }
  const url = new URL(location, from);
  if (!/^https?:$/.test(url.protocol)) throw unsafe(what, from, `redirects to a ${url.protocol} address`);
  // Storage in the same private network is common; there is no storage on our own machine.
  checkStep(from, url, ['loopback', 'link-local'], 'a redirect', what);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

function checkStep(from: URL, to: URL, forbidden: readonly Reach[], kind: string, what: string): void {
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw unsafe(what, from, `leads from https to plain http (${kind} at ${to.host})`);
  }
  if (hostnameOf(from.host) === hostnameOf(to.host)) return;
  const reach = reachOf(to.host);
  if (forbidden.includes(reach) && reachOf(from.host) === 'public') {
    throw unsafe(what, from, `leads to the ${reach} address ${to.host} (${kind})`);
  }
}

function unsafe(what: string, from: URL, reason: string): RegistryError {
  return new RegistryError('unsafe-address', `${what}: ${from.host} ${reason}; lkit does not go there`);
}
