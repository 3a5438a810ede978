import { createSocket } from 'node:dgram';
import { createServer, isIPv4 } from 'node:net';
import { isErrno } from '../errors/index.ts';
import { badInput, MachineError } from './error.ts';
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

function parsePublishedPort(text: string): PublishedPort {
  const match = /^(?:([\d.]+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  const [host, guest] = [Number(match?.[2]), Number(match?.[3])];
  const address = match?.[1] ?? '';
  const valid = (port: number): boolean => port >= 1 && port <= 65535;
  if (!match || !valid(host) || !valid(guest) || (address !== '' && !isIPv4(address))) {
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

/**
 * Makes sure that the host's ports are free: QEMU itself would only say "could not set up host forwarding rule".
 *
 * @throws {MachineError} `port-busy`
 */
export async function checkPortsFree(ports: readonly PublishedPort[]): Promise<void> {
  for (const port of ports) {
    try {
      await (port.protocol === 'tcp' ? tryTcp(port) : tryUdp(port));
    } catch (error) {
      const name = `${port.host}/${port.protocol}`;
      if (isErrno(error, 'EADDRINUSE')) {
        throw new MachineError('port-busy', `port ${name} of this host is taken by another program`, {
          hint: `Publish another one: -publish ${port.host + 1 > 65535 ? port.host - 1 : port.host + 1}:${port.guest}`,
          cause: error,
        });
      }
      const reason = isErrno(error, 'EACCES') ? 'ports below 1024 need root' : String(error);
      throw new MachineError('port-busy', `port ${name} of this host cannot be used: ${reason}`, { cause: error });
    }
  }
}

function tryTcp({ address, host }: PublishedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen({ port: host, host: address || '0.0.0.0' }, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}

function tryUdp({ address, host }: PublishedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject).bind(host, address || '0.0.0.0', () => {
      socket.close(() => {
        resolve();
      });
    });
  });
}
