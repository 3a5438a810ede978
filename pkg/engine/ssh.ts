import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import http from 'node:http';
import { Duplex } from 'node:stream';
import { requireTool } from '../host/index.ts';
import type { EngineAddress } from './address.ts';

/** Only the end of what ssh says can matter. */
const maxStderr = 4 << 10;

/** The arguments for ssh, as the `docker` command gives them: the user's own configuration and known hosts apply. */
export function sshArguments({ host, port, user, socket }: Extract<EngineAddress, { kind: 'ssh' }>): readonly string[] {
  return [
    ...['-o', 'ConnectTimeout=30', '-o', 'BatchMode=yes', '-T'],
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...['--', host, 'docker'],
    ...(socket === undefined ? [] : ['--host', `unix://${socket}`]),
    ...['system', 'dial-stdio'],
  ];
}

/** Connections to an engine on another machine, each of them a run of ssh. */
export class SshAgent extends http.Agent {
  readonly #program: string;
  readonly #arguments: readonly string[];
  #stderr = '';
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(program: string, args: readonly string[]) {
    super({ keepAlive: false });
    this.#program = program;
    this.#arguments = args;
  }

  /** @throws {HostError} `missing-tool` */
  static async create(address: Extract<EngineAddress, { kind: 'ssh' }>): Promise<SshAgent> {
    return new SshAgent(await requireTool('ssh'), sshArguments(address));
  }

  /** What ssh said by its end: why a connection failed. */
  async complaint(): Promise<string> {
    await this.#ended;
    return this.#stderr.trim();
  }

  override createConnection(): Duplex {
    const child = spawn(this.#program, this.#arguments, { stdio: 'pipe' });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderr);
    });
    this.#ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
    return asConnection(child);
  }
}

/** A process's two pipes as if they were a socket. */
function asConnection(child: ChildProcessWithoutNullStreams): Duplex {
  const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
  child.once('error', (error) => connection.destroy(error));
  connection.once('close', () => child.kill());
  // Node's HTTP client calls these on whatever it is given.
  const socket = { setKeepAlive: () => connection, setNoDelay: () => connection, setTimeout: () => connection };
  return Object.assign(connection, { ...socket, ref: () => connection, unref: () => connection });
}
