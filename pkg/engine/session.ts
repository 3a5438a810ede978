import { randomUUID } from 'node:crypto';
import type http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Member } from '../archive/index.ts';
import { type Engine } from './connect.ts';
import { dial } from './dial.ts';
import { sendFiles } from './file-sync.ts';
import { Call } from './grpc.ts';

/**
 * A session for BuildKit: a connection on which the roles are changed, so that the engine asks and the client answers
 * (gRPC over HTTP/2). BuildKit takes the files of a build from it. It also gets no image from a registry without one,
 * not even a public one, since it asks there for the login. It is told that there is none: what needs one has been
 * pulled before.
 */
export interface BuildSession {
  readonly id: string;
  readonly close: () => void;
}

/** The folders that BuildKit asks for by name: `context`, and `dockerfile` with that file alone. */
export type SessionFolders = Readonly<Record<string, () => AsyncIterable<Member> | Iterable<Member>>>;

/** The calls that always have the same answer. BuildKit ends sessions that do not say that they are alive. */
const answers: Readonly<Record<string, Buffer>> = {
  // A message without fields: no user, no secret.
  '/moby.filesync.v1.Auth/Credentials': Buffer.alloc(0),
  // `status: SERVING` (grpc/health/v1/health.proto).
  '/grpc.health.v1.Health/Check': Buffer.from([0x08, 0x01]),
};

const copyFolder = '/moby.filesync.v1.FileSync/DiffCopy';

/** @throws what the engine answers in place of a session */
export async function openSession(engine: Engine, folders: SessionFolders): Promise<BuildSession> {
  const id = randomUUID();
  const socket = (await dial(engine, {
    path: '/session',
    method: 'POST',
    hijack: true,
    headers: {
      Upgrade: 'h2c',
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'lkit',
      // Folders of one key are taken for one folder, of which only what has another time or size is asked for.
      'X-Docker-Expose-Session-Sharedkey': id,
      'X-Docker-Expose-Session-Grpc-Method': [...Object.keys(answers), copyFolder],
    },
    statusCodes: { 200: true, 500: 'server error' },
  })) as Duplex;
  // Loaded only here: every other command would wait for it.
  const { performServerHandshake } = await import('node:http2');
  const session = performServerHandshake(socket);
  session.on('stream', (stream, headers) => {
    // The build itself tells what becomes of it.
    answer(new Call(stream), headers, folders).catch(() => undefined);
  });
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

async function answer(call: Call, headers: http2.IncomingHttpHeaders, folders: SessionFolders): Promise<void> {
  const method = headers[':path'] ?? '';
  const message = answers[method];
  const files = folders[String(headers['dir-name'])];
  if (message !== undefined) {
    call.begin();
    await call.send(message);
    call.end();
  } else if (method === copyFolder && files !== undefined) {
    call.begin();
    // What .dockerignore leaves out is not among the files any more, and so BuildKit need not read it.
    const isIgnoreFile = [headers['followpaths'], headers['include-patterns']].includes('.dockerignore');
    await sendFiles(call, isIgnoreFile ? [] : files());
  } else call.refuse();
}
