import { MachineError } from '../error.ts';
import { connectWhenReady } from '../sockets.ts';
import type { PublishedPort } from '../types.ts';
import { requestUnix } from '../unix-http.ts';
import { NinePClient } from './ninep.ts';
import type { PortRequest } from './plan.ts';

/** Ports that are open on the host until they are closed. */
export interface OpenPorts {
  close(): Promise<void>;
}

const connectTimeoutMs = 10_000;

/**
 * Has vpnkit open ports on the host.
 *
 * @throws {MachineError} `ports-failed`, with vpnkit's own words; none is left open then
 */
export function publishPorts(request: PortRequest): Promise<OpenPorts> {
  return request.protocol === '9p' ? publishBy9p(request) : publishByHttp(request);
}

/** Where a port is opened that names no address: on the host alone, as LinuxKit does it. */
const loopback = '127.0.0.1';

/**
 * vpnkit's own control socket is a folder: a directory is made for each port, and what is wanted written into its file
 * `ctl`, which then says what became of it. The port is open as long as that file is.
 * https://github.com/moby/vpnkit/blob/master/docs/ports.md, src/ofs/active_list.ml
 */
async function publishBy9p({ socket, guest, ports }: PortRequest): Promise<OpenPorts> {
  const stream = await connectWhenReady(socket, new AbortController().signal, connectTimeoutMs);
  if (stream === undefined) throw new MachineError('ports-failed', `no vpnkit listens at ${socket}`);
  const root = 0;
  const client = await NinePClient.open(stream, root);
  const open: number[] = [];
  const close = async (): Promise<void> => {
    // A vpnkit that outlives this machine would keep the ports of a connection that merely ends.
    for (const control of open) await client.clunk(control).catch(() => undefined);
    client.close();
  };
  try {
    let fid = root;
    for (const port of ports) {
      const { protocol, address, host, guest: inside } = port;
      const wanted = `${protocol}:${address || loopback}:${host}:${protocol}:${guest}:${inside}`;
      const [folder, control] = [++fid, ++fid];
      await client.walk(root, folder, []);
      await client.makeFolder(folder, wanted);
      await client.walk(root, control, [wanted, 'ctl']);
      open.push(control);
      await client.open(control);
      await client.write(control, wanted);
      const answer = (await client.read(control)).trim();
      if (!answer.startsWith('OK ')) throw refused(port, answer.replace(/^ERROR /, ''));
    }
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Docker Desktop's socket speaks HTTP, https://github.com/moby/vpnkit/blob/master/go/pkg/vpnkit/http/http.go; POST, as
 * versions before 2021 take nothing else.
 */
async function publishByHttp({ socket, guest, ports }: PortRequest): Promise<OpenPorts> {
  const bodies: object[] = [];
  const close = async (): Promise<void> => {
    for (const body of bodies) {
      await requestUnix(socket, { method: 'POST', path: '/forwards/unexpose/port', body }).catch(() => undefined);
    }
  };
  for (const port of ports) {
    const out = { out_ip: port.address || loopback, out_port: port.host };
    const body = { proto: port.protocol, ...out, in_ip: guest, in_port: port.guest };
    try {
      const { status, body: said } = await requestUnix(socket, { method: 'POST', path: '/forwards/expose/port', body });
      if (status !== 200) throw refused(port, said.trim() || `HTTP status ${status}`);
      bodies.push(body);
    } catch (error) {
      await close();
      if (error instanceof MachineError) throw error;
      throw new MachineError('ports-failed', `no vpnkit answers at ${socket}: ${String(error)}`, { cause: error });
    }
  }
  return { close };
}

function refused({ host, protocol }: PublishedPort, reason: string): MachineError {
  return new MachineError('ports-failed', `vpnkit does not open port ${host}/${protocol}: ${reason}`);
}
