import type { Challenge } from './challenge.ts';
import type { CredentialSource, FoundCredential } from './credentials/credential.ts';
import { RegistryError } from './error.ts';
import { basic, fetchToken } from './token.ts';
import type { Transport } from './transport.ts';

/** Who one is at a registry, with or without a login. */
type Way = 'login' | 'anonymous';

/** What goes into the Authorization header. */
export interface Access {
  readonly header: string;
  readonly way: Way;
}

/** A request that a registry answered with 401. */
export interface Rejection {
  /** The address that was asked. */
  readonly url: URL;
  readonly repository: string;
  readonly scopes: readonly string[];
  readonly challenges: readonly Challenge[];
  /** What was shown, and refused. */
  readonly shown: Access | undefined;
  /** The ways that this request has tried already. */
  readonly tried: Set<Way>;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The logins and tokens of one registry. A request that is refused comes back here for something else to show: first
 * with the user's login, then, for pulling, without any, as an outdated login must not keep a public image away. Each
 * way is tried once for a request, so that a server that refuses everything is asked three times at most.
 */
export class Authorizer {
  readonly #registry: string;
  readonly #transport: Transport;
  readonly #credentials: CredentialSource;
  readonly #logins = new Map<string, Promise<FoundCredential | undefined>>();
  readonly #held = new Map<string, Access>();
  readonly #asking = new Map<string, Promise<Access | undefined>>();
  /** Scopes for which a token server did not take the login. */
  readonly #refused = new Set<string>();

  constructor(registry: string, transport: Transport, credentials: CredentialSource) {
    this.#registry = registry;
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /** What was last accepted, or at least given, for these scopes. */
  held(scopes: readonly string[]): Access | undefined {
    return this.#held.get(scopes.join(' '));
  }

  /**
   * Something else to show for a request that was refused.
   *
   * @throws {RegistryError} `unauthorized` when there is nothing more
   */
  async next(rejection: Rejection): Promise<Access> {
    const { scopes, shown, tried } = rejection;
    const held = this.held(scopes);
    if (held !== undefined && held !== shown && !tried.has(held.way)) {
      // Another request was refused as well and has been here before.
      tried.add(held.way);
      return held;
    }
    const found = await this.#login(rejection.repository);
    const mayBeAnonymous = scopes.every((scope) => scope.endsWith(':pull'));
    const ways: readonly Way[] = [
      ...(found ? ['login' as const] : []),
      ...(mayBeAnonymous ? ['anonymous' as const] : []),
    ];
    for (const way of ways) {
      if (tried.has(way)) continue;
      tried.add(way);
      const access = await this.#once(way, way === 'login' ? found : undefined, rejection);
      if (access !== undefined) return access;
    }
    throw this.#unauthorized(found, rejection);
  }

  /** Looked up once for a repository: a helper takes its time, and may ask its user something. */
  #login(repository: string): Promise<FoundCredential | undefined> {
    const login = this.#logins.get(repository) ?? this.#credentials.find(this.#registry, repository);
    this.#logins.set(repository, login);
    return login;
  }

  /** Several layers are refused at the same moment, and one token serves them all. */
  #once(way: Way, found: FoundCredential | undefined, rejection: Rejection): Promise<Access | undefined> {
    const scopes = rejection.scopes.join(' ');
    const key = `${way} ${scopes}`;
    const asking =
      this.#asking.get(key) ??
      this.#obtain(way, found, rejection)
        .then((access) => {
          if (access !== undefined) this.#held.set(scopes, access);
          return access;
        })
        .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #obtain(
    way: Way,
    found: FoundCredential | undefined,
    { url, scopes, challenges, what, signal }: Rejection,
  ): Promise<Access | undefined> {
    const credential = found?.credential;
    if (credential?.kind === 'registry-token') return { header: `Bearer ${credential.token}`, way };
    const challenge = challenges.find(({ scheme }) => scheme === 'bearer');
    if (challenge !== undefined) {
      const token = await fetchToken(this.#transport, { challenge, registry: url, scopes, credential, what, signal });
      if (token === undefined && way === 'login') this.#refused.add(scopes.join(' '));
      return token === undefined ? undefined : { header: `Bearer ${token}`, way };
    }
    const takesBasic = challenges.some(({ scheme }) => scheme === 'basic');
    return takesBasic && credential?.kind === 'password' ? { header: basic(credential), way } : undefined;
  }

  #unauthorized(found: FoundCredential | undefined, { what, scopes, challenges }: Rejection): RegistryError {
    const registry = this.#registry;
    const offered = challenges.map(({ scheme }) => scheme);
    if (!offered.includes('bearer') && !offered.includes('basic')) {
      const how =
        offered.length === 0
          ? 'does not say how to log in'
          : `wants a login by ${offered.join(' or ')}, which lkit does not know`;
      return new RegistryError('unauthorized', `${what}: ${registry} ${how}`);
    }
    const login = `docker login ${registry}  or  podman login ${registry}`;
    const orUnknown = 'Or the name is wrong: many registries do not tell which repositories there are.';
    // The token was good, and not enough (RFC 6750, 3.1). Registries say so of repositories that do not exist, too.
    const lacksRight = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope');
    if (found !== undefined && lacksRight && !this.#refused.has(scopes.join(' '))) {
      return new RegistryError(
        'unauthorized',
        `${what}: ${registry} does not allow this with the login from ${found.from}`,
        {
          hint: `The account may lack the right to do this. ${orUnknown}`,
        },
      );
    }
    if (found !== undefined) {
      return new RegistryError('unauthorized', `${what}: ${registry} does not accept the login from ${found.from}`, {
        hint: `Log in again: ${login}`,
      });
    }
    return new RegistryError('unauthorized', `${what}: ${registry} gives this only to those who are logged in`, {
      hint: `Log in: ${login}. ${orUnknown}`,
    });
  }
}
