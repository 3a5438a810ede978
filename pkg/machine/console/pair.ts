import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';

/** Two ends of one line. */
export interface SocketPair {
  readonly ours: Socket;
  /** Nothing of it has been read: it can become a program's standard input, which then is its output too. */
  readonly theirs: Socket;
}

/** What socketpair(2) does, which Node.js does not have; `folder` must be open to its owner alone. */
export async function socketPair(folder: string): Promise<SocketPair> {
  const file = path.join(folder, `${randomBytes(4).toString('hex')}.sock`);
  const server = createServer({ pauseOnConnect: true });
  server.listen(file);
  await once(server, 'listening');
  try {
    const ours = connect(file);
    ours.pause();
    const [theirs] = (await once(server, 'connection')) as [Socket];
    return { ours, theirs };
  } finally {
    server.close();
    await rm(file, { force: true });
  }
}
