import { Readable } from 'node:stream';
import { createDispatchers, type DispatcherOptions, type Dispatchers } from './dispatcher.ts';
import { checkRedirect } from './address.ts';
import { TransientError, RegistryError } from './error.ts';
import { networkError } from './network-error.ts';
import { watched, Watchdog } from './stall.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT';

export interface Request {
  readonly method: Method;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** For this very host, and no other that a redirect names. */
  readonly authorization?: string | undefined;
  /** Called for every try, as a body cannot be sent twice. */
  readonly body?: (() => AsyncIterable<Uint8Array>) | Uint8Array | undefined;
  /** Names what is asked for, at the beginning of errors: `docker.io/library/alpine: layer sha256:…`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly headers: (name: string) => readonly string[];
  /** Where it came from, after redirects. */
  readonly url: URL;
  /** Ends with a `TransientError` or `RegistryError` when the connection fails. Has to be read or discarded. */
  readonly body: AsyncGenerator<Buffer, void, undefined>;
  readonly discard: () => Promise<void>;
}

const maxRedirects = 6;
/** Milliseconds that the end of an answer nobody wants is waited for, to use its connection again. */
const discardMs = 2_000;

/** Requests and answers: timeouts, redirects, and failures in words. Knows nothing of logins or retries. */
export class Transport {
  readonly #options: DispatcherOptions;
  readonly #userAgent: string;
  #dispatchers: Promise<Dispatchers> | undefined;

  constructor(options: DispatcherOptions, userAgent: string) {
    this.#options = options;
    this.#userAgent = userAgent;
  }

  /** Sends a request and follows redirects of GET and HEAD; elsewhere, what a redirect says is up to the caller. */
  async send(request: Request): Promise<Answer> {
    let current = request;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.exchange(current);
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.status);
      if (!isRedirect || !['GET', 'HEAD'].includes(request.method)) return answer;
      await answer.discard();
      if (redirects === maxRedirects) {
        throw new RegistryError('bad-response', `${request.what}: more than ${maxRedirects} redirects`);
      }
      const url = checkRedirect(answer.header('location'), current.url, request.what);
      // Once a foreign host was in between, the way back to the first proves nothing any more.
      const isSame = url.origin === current.url.origin;
      current = { ...current, url, authorization: isSame ? current.authorization : undefined };
    }
  }

  /** One request, one answer. */
  async exchange({ method, url, headers, authorization, body, what, signal }: Request): Promise<Answer> {
    this.#dispatchers ??= createDispatchers(this.#options);
    const dispatcher = (await this.#dispatchers)(url);
    const { stallMs } = this.#options.timeouts;
    const watchdog = new Watchdog(stallMs);
    try {
      const answer = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: {
          'user-agent': this.#userAgent,
          // Blobs are what their digest says, byte for byte.
          'accept-encoding': 'identity',
          ...headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        body:
          body instanceof Uint8Array
            ? body
            : body === undefined
              ? null
              : Readable.from(streamed(body(), watchdog, stallMs)),
        // What has come in the meantime is taken at once: hashing and writing cost less in large pieces.
        highWaterMark: 1 << 20,
        signal: signal === undefined ? watchdog.signal : AbortSignal.any([signal, watchdog.signal]),
      });
      const stream = answer.body;
      // An abandoned body reports its end as an error, to nobody.
      stream.on('error', () => undefined);
      const values = (name: string): readonly string[] => [answer.headers[name] ?? []].flat();
      return {
        status: answer.statusCode,
        header: (name) => values(name)[0],
        headers: values,
        url,
        body: explained(watched(stream, stallMs), url, what, signal),
        discard: () => stream.dump({ limit: 64 << 10, signal: AbortSignal.timeout(discardMs) }).catch(() => undefined),
      };
    } catch (error) {
      throw explain(error, url, what, signal);
    } finally {
      watchdog.stop();
    }
  }
}

/** While a body is taken from us, the server is not silent. When it has all of it, it may have to move it elsewhere first. */
async function* streamed(
  body: AsyncIterable<Uint8Array>,
  watchdog: Watchdog,
  stallMs: number,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    watchdog.touch();
    yield chunk;
  }
  watchdog.waitFor(stallMs * 10);
}

async function* explained(
  body: AsyncIterable<Buffer>,
  url: URL,
  what: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error, url, what, signal);
  }
}

function explain(error: unknown, url: URL, what: string, signal: AbortSignal | undefined): unknown {
  signal?.throwIfAborted();
  if (error instanceof RegistryError || error instanceof TransientError) return error;
  return networkError(error, url, what);
}
