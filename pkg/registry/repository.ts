import { refusal } from './answer.ts';
import type { Access, Authorizer } from './authorizer.ts';
import { parseChallenges } from './challenge.ts';
import type { Endpoint } from './endpoint.ts';
import type { Answer, Method, Request, Transport } from './transport.ts';

export interface RepositoryParts {
  readonly endpoint: Endpoint;
  /** What is asked for when a token is: `repository:library/alpine:pull`. */
  readonly scopes: readonly string[];
  /** Scheme and host. */
  readonly base: (signal: AbortSignal | undefined) => Promise<URL>;
  readonly authorizer: Authorizer;
  readonly transport: Transport;
}

export interface RepositoryRequest {
  readonly method: Method;
  /** Below the repository, such as `manifests/latest`; or an address that the registry has given. */
  readonly at: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Request['body'];
  /** The statuses that the caller knows what to do with; others are errors. */
  readonly expect: readonly number[];
  /** What the request is about, for errors: `layer sha256:…`. */
  readonly subject: string;
  readonly signal?: AbortSignal | undefined;
}

/** A repository on one server, with the right to pull from it or push to it. */
export class Repository {
  readonly #parts: RepositoryParts;

  constructor(parts: RepositoryParts) {
    this.#parts = parts;
  }

  /** As errors name it: `docker.io/library/alpine`. */
  get label(): string {
    const { registry, repository, isMirror } = this.#parts.endpoint;
    return `${isMirror ? 'mirror ' : ''}${registry}/${repository}`;
  }

  get host(): string {
    return this.#parts.endpoint.host;
  }

  get isMirror(): boolean {
    return this.#parts.endpoint.isMirror;
  }

  /**
   * One try of a request (distribution-spec, "Endpoints"), with a login where the registry wants one.
   *
   * @throws {TransientError} for what may succeed when tried again
   * @throws {RegistryError} for what will not
   */
  async request({ at, subject, expect, ...rest }: RepositoryRequest): Promise<Answer> {
    const { endpoint, base } = this.#parts;
    const url = typeof at === 'string' ? new URL(`/v2/${endpoint.repository}/${at}`, await base(rest.signal)) : at;
    const what = `${this.label}: ${subject}`;
    const answer = await this.#authorized({ ...rest, url, what });
    if (expect.includes(answer.status)) return answer;
    throw await refusal(answer, what, missingHint(at));
  }

  async #authorized(request: Request): Promise<Answer> {
    const { endpoint, scopes, authorizer, transport, base } = this.#parts;
    const isHome = request.url.origin === (await base(request.signal)).origin;
    const tried: Set<Access['way']> = new Set();
    // A foreign address, such as that of an upload, gets no login of ours.
    let shown = isHome ? authorizer.held(scopes) : undefined;
    for (;;) {
      const answer = await transport.send({ ...request, authorization: shown?.header });
      if (answer.status !== 401 || !isHome || answer.url.origin !== request.url.origin) return answer;
      const challenges = parseChallenges(answer.headers('www-authenticate'));
      await answer.discard();
      const { url, what, signal } = request;
      const { repository } = endpoint;
      shown = await authorizer.next({ url, repository, scopes, challenges, shown, tried, what, signal });
    }
  }
}

/** What to do where the registry does not have what it was asked for: only tags and repositories are named by people. */
function missingHint(at: string | URL): string | undefined {
  if (typeof at !== 'string') return undefined;
  if (/^manifests\/(?!sha256:)/.test(at)) return 'Is the name right, and the tag?';
  if (at.startsWith('manifests/')) return 'Is the name right? Images that no tag names any more may have been removed.';
  return /^blobs\/sha256:/.test(at)
    ? 'The registry has lost a part of the image: it has to be pushed again, or got from elsewhere.'
    : 'Is the name right?';
}
