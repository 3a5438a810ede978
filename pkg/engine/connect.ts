import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import type { DockerOptions } from 'dockerode';
import { type EngineAddress, engineAddresses, type EngineEnvironment, formatAddress } from './address.ts';
import { withDockerContext } from './docker-context.ts';
import { EngineError } from './error.ts';
import type { SshAgent } from './ssh.ts';

/** A container engine that has answered. */
export interface Engine {
  readonly docker: Docker;
  /** As `DOCKER_HOST` would say it. */
  readonly address: string;
  /** `Docker 27.3.1`, `Podman 4.3.1`. */
  readonly version: string;
  /** Whether it builds with BuildKit when asked to. */
  readonly hasBuildKit: boolean;
}

/** Milliseconds that an engine has to say who it is. */
const answerTimeoutMs = 30_000;

/**
 * The first engine that answers.
 *
 * @throws {EngineError} `bad-address`, and `no-engine`, which says what was tried
 */
export async function connectEngine(env: EngineEnvironment): Promise<Engine> {
  const addresses = engineAddresses(await withDockerContext(env));
  const tried: string[] = [];
  const causes: unknown[] = [];
  for (const address of addresses) {
    try {
      return await connect(address);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      tried.push(`${formatAddress(address)}: ${reasonOf(error)}`);
      causes.push(error);
    }
  }
  const isRefused = causes.some((error) => codeOf(error) === 'EACCES');
  throw new EngineError('no-engine', `no container engine answers\n  ${tried.join('\n  ')}`, {
    hint: isRefused
      ? 'Your user may not use the engine: add it to the group "docker", and log in again.'
      : 'Start Docker or Podman, or install it (sudo apt-get install docker.io); DOCKER_HOST says where it is.',
    cause: causes[0],
  });
}

async function connect(address: EngineAddress): Promise<Engine> {
  // Loaded only here: it takes longer to load than an unchanged build takes to run.
  const { default: Dockerode } = await import('dockerode');
  const agent = address.kind === 'ssh' ? await sshAgent(address) : undefined;
  const options = { ...(await modemOptions(address)), ...(agent && { agent }) } as DockerOptions;
  try {
    const docker = new Dockerode(options);
    const stop = AbortSignal.timeout(answerTimeoutMs);
    // Its types leave the options out.
    const ask = docker.version.bind(docker) as (options: object) => Promise<EngineVersion | string>;
    const answer = await ask({ abortSignal: stop });
    if (typeof answer !== 'object' || typeof answer.ApiVersion !== 'string') {
      throw new Error('what answers there is no container engine');
    }
    return { docker, address: formatAddress(address), ...describe(answer) };
  } catch (error) {
    const complaint = await agent?.complaint();
    throw complaint === undefined || complaint === '' ? error : new Error(complaint, { cause: error });
  }
}

async function sshAgent(address: Extract<EngineAddress, { kind: 'ssh' }>): Promise<SshAgent> {
  const { SshAgent } = await import('./ssh.ts');
  return SshAgent.create(address);
}

interface EngineVersion {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[];
}

function describe({
  Version = '',
  ApiVersion = '0',
  Components = [],
}: EngineVersion): Pick<Engine, 'version' | 'hasBuildKit'> {
  const podman = Components.find(({ Name }) => Name.startsWith('Podman'));
  if (podman) return { version: `Podman ${podman.Version}`, hasBuildKit: false };
  // Docker 19.03 is the first that builds with it without being told to in its own configuration.
  const [major = 0, minor = 0] = ApiVersion.split('.').map(Number);
  return { version: `Docker ${Version}`, hasBuildKit: major > 1 || minor >= 40 };
}

/** Every option is given: the library takes what is left out from the environment. */
async function modemOptions(address: EngineAddress): Promise<object> {
  const none = {
    ca: undefined,
    cert: undefined,
    key: undefined,
    username: undefined,
    pathPrefix: '/',
    timeout: undefined,
  };
  if (address.kind === 'unix') return { ...none, host: undefined, protocol: 'http', socketPath: address.socket };
  if (address.kind === 'ssh') return { ...none, host: 'localhost', port: 80, protocol: 'http', socketPath: undefined };
  const { host, port, certificates } = address;
  const tcp = { ...none, host: host.includes(':') ? `[${host}]` : host, port, socketPath: undefined };
  if (certificates === undefined) return { ...tcp, protocol: 'http' };
  const read = (name: string): Promise<Buffer> =>
    readFile(path.join(certificates, name)).catch((cause: unknown) => {
      throw new EngineError(
        'bad-address',
        `cannot read ${path.join(certificates, name)}, which the engine’s TLS needs`,
        {
          kind: 'input',
          hint: 'DOCKER_CERT_PATH names the folder with ca.pem, cert.pem and key.pem.',
          cause,
        },
      );
    });
  // One after another: of several that are missing, always the same is named.
  return {
    ...tcp,
    protocol: 'https',
    ca: await read('ca.pem'),
    cert: await read('cert.pem'),
    key: await read('key.pem'),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  EACCES: 'permission denied',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  ABORT_ERR: 'no answer',
  ECONNRESET: 'the connection was cut off',
};

function reasonOf(error: unknown): string {
  // The library also reads files that the environment names.
  const isRead = error instanceof Error && 'syscall' in error && error.syscall === 'open';
  return (
    (isRead ? undefined : reasons[codeOf(error)]) ?? (error instanceof Error ? error.message.trim() : String(error))
  );
}
