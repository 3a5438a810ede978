import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface TimeServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Seconds from 1900, where NTP counts from, to 1970. */
const ntpEpoch = 2_208_988_800;

/** An NTP timestamp: 32 bits of seconds, 32 bits of fractions (RFC 5905, section 6). */
function timestamp(): Buffer {
  const now = Date.now();
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE((Math.floor(now / 1000) + ntpEpoch) % 2 ** 32, 0);
  bytes.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), 4);
  return bytes;
}

/** An NTP server on 127.0.0.1 that tells this machine's time (RFC 5905, section 7.3). */
export async function startTimeServer(): Promise<TimeServer> {
  const socket = createSocket('udp4');
  socket.on('message', (request, { address, port }) => {
    if (request.length < 48) return;
    const received = timestamp();
    // No leap second, version 4, mode 4 (server); stratum 1; the client's poll interval; a precision of 2^-10 s.
    const head = Buffer.from([0x24, 1, request.readUInt8(2), 0xf6]);
    const rootDelayAndDispersion = Buffer.alloc(8);
    const clientTransmitted = request.subarray(40, 48);
    const answer = [head, rootDelayAndDispersion, Buffer.from('TEST'), received, clientTransmitted, received];
    socket.send(Buffer.concat([...answer, timestamp()]), port, address);
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  return {
    port: socket.address().port,
    close: async () => {
      await once(socket.close(), 'close');
    },
  };
}
