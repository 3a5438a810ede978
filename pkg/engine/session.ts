import { randomUUID } from 'node:crypto';
import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { type Engine } from './connect.ts';
import { dial } from './dial.ts';

/**
 * A session for BuildKit: a connection on which the roles are changed, so that the engine asks and the client answers
 * (gRPC over HTTP/2). BuildKit gets no image from a registry without one, not even a public one, since it asks there
 * for the login. It is told that there is none: what needs one has been pulled before.
 */
export interface BuildSession {
  readonly id: string;
  readonly close: () => void;
}

/** The calls that are answered. BuildKit ends sessions that do not say that they are alive. */
const answers: Readonly<Record<string, Buffer>> = {
  // A message without fields: no user, no secret.
  '/moby.filesync.v1.Auth/Credentials': Buffer.alloc(0),
  // `status: SERVING` (grpc/health/v1/health.proto).
  '/grpc.health.v1.Health/Check': Buffer.from([0x08, 0x01]),
};

const grpcUnimplemented = '12';

/** @throws what the engine answers in place of a session */
export async function openSession(engine: Engine): Promise<BuildSession> {
  const id = randomUUID();
  const socket = (await dial(engine, {
    path: '/session',
    method: 'POST',
    hijack: true,
    headers: {
      Upgrade: 'h2c',
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'lkit',
      'X-Docker-Expose-Session-Grpc-Method': Object.keys(answers),
    },
    statusCodes: { 200: true, 500: 'server error' },
  })) as Duplex;
  const session = http2.performServerHandshake(socket);
  session.on('stream', answer);
  // The engine hangs up when the build is over; should it do so before, the build itself tells why.
  session.on('error', () => undefined);
  socket.on('error', () => undefined);
  return {
    id,
    close: () => {
      session.destroy();
      socket.destroy();
    },
  };
}

function answer(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  const message = answers[headers[':path'] ?? ''];
  stream.on('error', () => undefined);
  stream.resume();
  if (message === undefined) {
    stream.respond({ 'content-type': 'application/grpc', 'grpc-status': grpcUnimplemented }, { endStream: true });
    return;
  }
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  // gRPC over HTTP/2, "Length-Prefixed-Message": not compressed, the length, the message.
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
}
