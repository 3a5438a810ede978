import { createSocket } from 'node:dgram';
import { createServer, isIPv4 } from 'node:net';
import { isErrno } from '../errors/index.ts';
import { badInput, MachineError } from './error.ts';
import { portOwner } from './port-owner.ts';
import type { Network, PublishedPort } from './types.ts';

/**
 * LinuxKit's `-networking` (`user`, `none`, `bridge,NAME`, `tap,NAME`) with its `-publish HOST:GUEST[/tcp|udp]`.
 *
 * @throws {MachineError} `bad-network`, `bad-port`
 */
export function parseNetwork(text: string, published: readonly string[]): Network {
  const publish = published.map(parsePublishedPort);
  const [kind, name, ...rest] = text.split(',');
  if ((kind === 'user' || kind === 'default') && name === undefined)
    return { kind: 'user', publish: distinct(publish) };
  if (publish.length > 0) {
    throw badInput(
      'bad-port',
      `-publish does not go with -networking ${text}`,
      'Ports are published by -networking user.',
    );
  }
  if (kind === 'none' && name === undefined) return { kind: 'none' };
  // A comma would end the name in QEMU's own syntax, and interface names have none.
  if (
    (kind === 'bridge' || kind === 'tap') &&
    name !== undefined &&
    /^[^\s,/]{1,15}$/.test(name) &&
    rest.length === 0
  ) {
    return { kind, name };
  }
  throw badInput('bad-network', `"${text}" is not a kind of network`, 'One of: user, none, bridge,NAME, tap,NAME.');
}

const example = 'Examples: 8080:80, 5353:53/udp, 127.0.0.1:8080:80.';

/** @throws {MachineError} `bad-port` */
export function parsePort(text: string, what: string): number {
  if (/^\d+$/.test(text) && isPort(Number(text))) return Number(text);
  throw badInput('bad-port', `"${text}" is not a port for ${what}`, 'A port is a number from 1 to 65535.');
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535;
}

function parsePublishedPort(text: string): PublishedPort {
  const match = /^(?:([\d.]+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  const [host, guest] = [Number(match?.[2]), Number(match?.[3])];
  const address = match?.[1] ?? '';
  if (!match || !isPort(host) || !isPort(guest) || (address !== '' && !isIPv4(address))) {
    throw badInput('bad-port', `"${text}" does not publish a port`, example);
  }
  return { address, host, guest, protocol: match[4] === 'udp' ? 'udp' : 'tcp' };
}

function distinct(ports: readonly PublishedPort[]): readonly PublishedPort[] {
  const seen = new Set<string>();
  for (const { address, host, protocol } of ports) {
    const key = `${address}:${host}/${protocol}`;
    if (seen.has(key)) throw badInput('bad-port', `port ${host}/${protocol} of the host is published twice`, example);
    seen.add(key);
  }
  return ports;
}

type HostPort = Omit<PublishedPort, 'guest'>;

/**
 * Makes sure that the host's ports are free: QEMU itself would only say "could not set up host forwarding rule".
 *
 * @throws {MachineError} `port-busy`
 */
export async function checkPortsFree(ports: readonly HostPort[]): Promise<void> {
  for (const port of ports) {
    try {
      await (port.protocol === 'tcp' ? tryTcp(port) : tryUdp(port));
    } catch (error) {
      const name = `${port.host}/${port.protocol}`;
      if (isErrno(error, 'EADDRINUSE')) {
        const owner = (await portOwner(port)) ?? 'another program';
        throw new MachineError('port-busy', `port ${name} of this host is taken by ${owner}`, {
          hint: `End that program, or use another port: ${port.host === 65535 ? 65534 : port.host + 1}`,
          cause: error,
        });
      }
      const reason = isErrno(error, 'EACCES') ? 'ports below 1024 need root' : String(error);
      throw new MachineError('port-busy', `port ${name} of this host cannot be used: ${reason}`, { cause: error });
    }
  }
}

function tryTcp({ address, host }: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen({ port: host, host: address || '0.0.0.0' }, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}

function tryUdp({ address, host }: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject).bind(host, address || '0.0.0.0', () => {
      socket.close(() => {
        resolve();
      });
    });
  });
}
