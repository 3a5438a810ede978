import path from 'node:path';
import { EngineError } from './error.ts';

/** Where a container engine listens. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly socket: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** Folder with `ca.pem`, `cert.pem` and `key.pem`; absent for a connection without TLS. */
      readonly certificates?: string;
    }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly port?: number;
      readonly user?: string;
      /** The engine's socket over there, where it is not the usual one. */
      readonly socket?: string;
    };

/** The variables of the environment that say where the engine is: those of the `docker` command. */
export interface EngineEnvironment {
  readonly DOCKER_HOST?: string | undefined;
  readonly DOCKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_CERT_PATH?: string | undefined;
  readonly DOCKER_CONTEXT?: string | undefined;
  readonly DOCKER_CONFIG?: string | undefined;
  readonly XDG_RUNTIME_DIR?: string | undefined;
  readonly HOME?: string | undefined;
}

const plainPort = 2375;
const tlsPort = 2376;

/**
 * Where to look for an engine: `DOCKER_HOST` alone where it is set, else the sockets of Docker (system, rootless,
 * Desktop), Colima and Podman, in this order.
 *
 * @throws {EngineError} `bad-address`
 */
export function engineAddresses(env: EngineEnvironment): readonly EngineAddress[] {
  const { DOCKER_HOST: host = '', XDG_RUNTIME_DIR: runtime = '', HOME: home = '' } = env;
  if (host !== '') return [parseAddress(host, env)];
  const below = (folder: string, ...names: readonly string[]): readonly string[] =>
    folder === '' ? [] : names.map((name) => path.join(folder, name));
  const sockets = [
    '/var/run/docker.sock',
    ...below(runtime, 'docker.sock'),
    ...below(home, '.docker/run/docker.sock', '.docker/desktop/docker.sock', '.colima/default/docker.sock'),
    ...below(runtime, 'podman/podman.sock'),
    '/run/podman/podman.sock',
  ];
  return sockets.map((socket) => ({ kind: 'unix', socket }));
}

function parseAddress(text: string, env: EngineEnvironment): EngineAddress {
  const { DOCKER_TLS_VERIFY: verify = '', DOCKER_CERT_PATH: certificates = '', HOME: home = '' } = env;
  if (text.startsWith('unix://'))
    return { kind: 'unix', socket: text.slice('unix://'.length) || '/var/run/docker.sock' };
  if (text.startsWith('/')) return { kind: 'unix', socket: text };
  const url = parseUrl(text.includes('://') ? text : `tcp://${text}`, text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw badAddress(text);
  if (url.protocol === 'ssh:') {
    if (url.password !== '') throw badAddress(text, 'Passwords do not belong into addresses: use a key.');
    return {
      kind: 'ssh',
      host,
      ...(url.port !== '' && { port: Number(url.port) }),
      ...(url.username !== '' && { user: decodeURIComponent(url.username) }),
      ...(url.pathname.length > 1 && { socket: url.pathname }),
    };
  }
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol)) throw badAddress(text);
  const isTls = verify !== '' || url.protocol === 'https:' || url.port === String(tlsPort);
  const port = url.port === '' ? (isTls ? tlsPort : plainPort) : Number(url.port);
  if (!isTls) return { kind: 'tcp', host, port };
  return { kind: 'tcp', host, port, certificates: certificates === '' ? path.join(home, '.docker') : certificates };
}

function parseUrl(url: string, text: string): URL {
  try {
    return new URL(url);
  } catch {
    throw badAddress(text);
  }
}

function badAddress(text: string, hint?: string): EngineError {
  // What stands before an @ may be a secret.
  const shown = text.replace(/\/\/[^/]*@/, '//***@');
  return new EngineError('bad-address', `DOCKER_HOST is no address of an engine: "${shown}"`, {
    kind: 'input',
    hint: hint ?? 'It is written unix:///path/to/docker.sock, tcp://host:2375 or ssh://user@host.',
  });
}

/** As it is written in `DOCKER_HOST`. */
export function formatAddress(address: EngineAddress): string {
  if (address.kind === 'unix') return `unix://${address.socket}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  if (address.kind === 'tcp') return `tcp://${host}:${address.port}`;
  const user = address.user === undefined ? '' : `${address.user}@`;
  return `ssh://${user}${host}${address.port === undefined ? '' : `:${address.port}`}${address.socket ?? ''}`;
}
