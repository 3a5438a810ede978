import { badInput } from './error.ts';

/**
 * LinuxKit's `-vsock-ports 1024,62000`: ports of the guest that get sockets on the host.
 *
 * @throws {MachineError} `bad-port`
 */
export function parseVsockPorts(text: string): readonly number[] {
  return text.split(',').map((part) => {
    const port = Number(part);
    // The last number means "any port": vsock.7.
    if (/^\d+$/.test(part) && port > 0 && port < 2 ** 32 - 1) return port;
    throw badInput('bad-port', `"${part}" is not a vsock port`, 'Example: -vsock-ports 1024,62000');
  });
}
