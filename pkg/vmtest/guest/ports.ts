import { createServer, type Server } from 'node:net';
import type { PublishRequest } from '../types.ts';

export interface HostPort {
  readonly guest: number;
  readonly host: string;
  readonly port: number;
  /** As `lkit run -publish` takes it. */
  readonly publish: string;
}

const loopback = '127.0.0.1';
/** Given to a machine of this process that may not listen yet. */
const given = new Set<number>();

/** Finds a port of the host for each of the guest's. */
export async function choosePorts(requests: readonly PublishRequest[]): Promise<readonly HostPort[]> {
  const ports: HostPort[] = [];
  for (const { guest, written } of requests)
    ports.push(written === undefined ? await freePort(guest) : fixed(guest, written));
  return ports;
}

function fixed(guest: number, written: string): HostPort {
  const [, address = '', port = ''] = /^(?:([\d.]+):)?(\d+):/.exec(written) ?? [];
  const host = address === '' || address === '0.0.0.0' ? loopback : address;
  return { guest, host, port: Number(port), publish: written };
}

async function freePort(guest: number): Promise<HostPort> {
  for (;;) {
    const port = await unusedPort();
    if (given.has(port)) continue;
    given.add(port);
    return { guest, host: loopback, port, publish: `${loopback}:${port}:${guest}` };
  }
}

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer();
    server.once('error', reject).listen(0, loopback, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
