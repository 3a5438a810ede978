import { readFile } from 'node:fs/promises';
import type { SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { RegistryError } from './error.ts';
import { reachOf } from './host.ts';
import type { Proxies } from './proxy.ts';

export interface Timeouts {
  /** Milliseconds for a connection to come about. @default 15 000 */
  readonly connectMs: number;
  /** Milliseconds without an answer, or without any bytes to speak of, after which a server counts as dead. @default 30 000 */
  readonly stallMs: number;
}

export const defaultTimeouts: Timeouts = { connectMs: 15_000, stallMs: 30_000 };

export interface DispatcherOptions {
  readonly proxies: Proxies;
  /** Files of certificates (PEM) to trust besides those that everybody trusts. */
  readonly certFiles: readonly string[];
  readonly timeouts: Timeouts;
}

/** The connections of one client: which of them an address takes. */
export type Dispatchers = (url: URL) => Dispatcher;

/** @throws {RegistryError} `bad-option` */
export async function createDispatchers(options: DispatcherOptions): Promise<Dispatchers> {
  const { proxies, certFiles, timeouts } = options;
  for (const [kind, proxy] of [
    ['HTTP', proxies.http],
    ['HTTPS', proxies.https],
  ] as const) {
    if (proxy === '' || URL.canParse(proxy)) continue;
    // Not shown, as it may have a password in it.
    throw new RegistryError('bad-option', `${kind}_PROXY names a proxy that is no URL`, { kind: 'input' });
  }
  // Loaded only here: a build that finds its images in the store needs no HTTP client.
  // It is CommonJS, of which a bundle knows the default export alone.
  const { Agent, EnvHttpProxyAgent } = (await import('undici')).default;
  const connect = { timeout: timeouts.connectMs, ...(await trusting(certFiles)) };
  // How long silence may last is watched in one place, for all kinds of connections (stall.ts).
  const common = { connect, requestTls: connect, proxyTls: connect, headersTimeout: 0, bodyTimeout: 0 };
  const direct = new Agent(common);
  // The variables of the environment came as options; what is left out here, undici would look up in its own way.
  const overHttp = lazily(
    () => new EnvHttpProxyAgent({ ...common, proxyTunnel: false, ...only(proxies.http, '', proxies.except) }),
  );
  const overHttps = lazily(() => new EnvHttpProxyAgent({ ...common, ...only('', proxies.https, proxies.except) }));
  return (url) => {
    // No proxy can reach our own machine's loopback.
    if (reachOf(url.host) === 'loopback') return direct;
    return url.protocol === 'https:' ? overHttps() : overHttp();
  };
}

function only(httpProxy: string, httpsProxy: string, noProxy: string) {
  return { httpProxy, httpsProxy, noProxy };
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Made once, as reading all authorities anew for each connection takes its time. */
async function trusting(files: readonly string[]): Promise<{ readonly secureContext?: SecureContext }> {
  if (files.length === 0) return {};
  const { createSecureContext, rootCertificates } = await import('node:tls');
  return { secureContext: createSecureContext({ ca: [...rootCertificates, ...(await readCertificates(files))] }) };
}

async function readCertificates(files: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new RegistryError('bad-option', `the certificate file ${file} cannot be read`, { kind: 'input', cause });
      });
      if (/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text)) return text;
      throw new RegistryError('bad-option', `${file} holds no certificate`, {
        kind: 'input',
        hint: 'It should be in PEM form, beginning with -----BEGIN CERTIFICATE-----.',
      });
    }),
  );
}
