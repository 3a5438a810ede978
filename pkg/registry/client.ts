import type { ImageReference } from '../image/index.ts';
import { Authorizer } from './authorizer.ts';
import { type CredentialSource, noCredentials } from './credentials/credential.ts';
import { defaultTimeouts, type Timeouts } from './dispatcher.ts';
import { type Endpoint, endpointsFor, registryEndpoint } from './endpoint.ts';
import { RegistryError, TransientError } from './error.ts';
import type { Mirror } from './mirror.ts';
import { codeOf } from './network-error.ts';
import { noProxies, type Proxies } from './proxy.ts';
import { Repository } from './repository.ts';
import { defaultRetry, type RetryOptions } from './retry.ts';
import { Slots } from './slots.ts';
import { Transport } from './transport.ts';

/** How registries are talked to. Everything may be left out. */
export interface RegistryOptions {
  /** Where logins are kept. @default nobody is logged in */
  readonly credentials?: CredentialSource;
  /** Asked before the registries that they mirror, in this order. @default none */
  readonly mirrors?: readonly Mirror[];
  /** Files with certificates of authorities (PEM) to trust besides the usual ones. @default none */
  readonly certFiles?: readonly string[];
  /** Registries (`host` or `host:port`) that may be spoken to without TLS. This machine's always may. @default none */
  readonly plainHttp?: readonly string[];
  /** @default none */
  readonly proxies?: Proxies;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryOptions>;
  /** Blobs that are transferred at the same time. @default 4 */
  readonly parallel?: number;
  /** @default 'lkit' */
  readonly userAgent?: string;
}

/** Connections, logins and tokens, shared by all that one command pulls and pushes. Opens nothing before it is used. */
export class RegistryClient {
  readonly retry: RetryOptions;
  /** Transfers of blobs take turns here. */
  readonly slots: Slots;
  readonly #transport: Transport;
  readonly #credentials: CredentialSource;
  readonly #mirrors: readonly Mirror[];
  readonly #plainHttp: readonly string[];
  readonly #avoided = new Set<string>();
  readonly #bases = new Map<string, Promise<URL>>();
  readonly #authorizers = new Map<string, Authorizer>();

  constructor(options: RegistryOptions = {}) {
    this.retry = { ...defaultRetry, ...options.retry };
    this.slots = new Slots(options.parallel ?? 4);
    this.#credentials = options.credentials ?? noCredentials;
    this.#mirrors = options.mirrors ?? [];
    this.#plainHttp = options.plainHttp ?? [];
    this.#transport = new Transport(
      {
        proxies: options.proxies ?? noProxies,
        certFiles: options.certFiles ?? [],
        timeouts: { ...defaultTimeouts, ...options.timeouts },
      },
      options.userAgent ?? 'lkit',
    );
  }

  /** Where to pull a reference from: mirrors first, the registry itself last. */
  sources(reference: ImageReference): readonly Repository[] {
    return endpointsFor(reference, this.#mirrors, this.#plainHttp)
      .filter(({ isMirror, host }) => !isMirror || !this.#avoided.has(host))
      .map((endpoint) => this.#repository(endpoint, []));
  }

  /** Asks a mirror for nothing more: it does not answer, and waiting for it once is enough. */
  avoid({ host }: Repository): void {
    this.#avoided.add(host);
  }

  /** Where to push a reference to. @param mountFrom repositories of the same registry that are read from */
  target(reference: ImageReference, mountFrom: readonly string[] = []): Repository {
    const scopes = [
      `repository:${reference.repository}:pull,push`,
      ...mountFrom.map((repository) => `repository:${repository}:pull`),
    ];
    return this.#repository(registryEndpoint(reference, this.#plainHttp), scopes);
  }

  #repository(endpoint: Endpoint, scopes: readonly string[]): Repository {
    const { host, registry, repository } = endpoint;
    const authorizer = this.#authorizers.get(host) ?? new Authorizer(registry, this.#transport, this.#credentials);
    this.#authorizers.set(host, authorizer);
    return new Repository({
      endpoint,
      scopes: scopes.length > 0 ? scopes : [`repository:${repository}:pull`],
      base: (signal) => this.#base(endpoint, signal),
      authorizer,
      transport: this.#transport,
    });
  }

  #base(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<URL> {
    const { host, scheme } = endpoint;
    if (scheme !== 'either') return Promise.resolve(new URL(`${scheme}://${host}`));
    const finding = this.#bases.get(host) ?? this.#findBase(endpoint, signal);
    this.#bases.set(host, finding);
    finding.catch(() => this.#bases.delete(host));
    return finding;
  }

  /** Asks a registry of this machine, by https first; what is not TLS is taken for http. */
  async #findBase({ host, registry, repository }: Endpoint, signal: AbortSignal | undefined): Promise<URL> {
    const url = new URL(`https://${host}/v2/`);
    const what = `${registry}/${repository}`;
    try {
      await (await this.#transport.exchange({ method: 'GET', url, what, signal })).discard();
      return new URL(`https://${host}`);
    } catch (error) {
      const failure = error instanceof TransientError ? error.final : error;
      const isNoTls = failure instanceof RegistryError && failure.code === 'plain-http';
      // Some servers hang up on what they do not understand.
      const isCutOff =
        failure instanceof Error && ['ECONNRESET', 'UND_ERR_SOCKET'].includes(codeOf(failure.cause) ?? '');
      if (isNoTls || isCutOff) return new URL(`http://${host}`);
      throw error;
    }
  }
}
