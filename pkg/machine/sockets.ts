import { createHash } from 'node:crypto';
import { lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../errors/index.ts';
import type { MachineSockets } from './backend.ts';
import { MachineError } from './error.ts';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, a zero included. */
const longestSocketPath = 103;
const longestName = 'console.sock'.length;

/** How many clients can use a machine's control channel at once. */
const agentPorts = 4;

/** The sockets of a machine in the folder that `socketFolder` gives. Pure. */
export function machineSockets(folder: string): MachineSockets {
  const inside = (name: string): string => path.join(folder, `${name}.sock`);
  const agents = Array.from({ length: agentPorts }, (_, index) => inside(`agent${index}`));
  return { console: inside('console'), control: inside('qmp'), agents };
}

/** Removes what a machine that has ended may have left. The folder goes too, where it was made for the sockets alone. */
export async function removeSockets({ console, control, agents }: MachineSockets): Promise<void> {
  const files = [console, control, ...agents, ...agents.map(lockOf)];
  await Promise.all(files.map((file) => rm(file, { force: true })));
  await rmdir(path.dirname(console)).catch(() => undefined);
}

/** The file that says who uses a socket. */
export function lockOf(socket: string): string {
  return `${socket}.lock`;
}

/**
 * Where a machine's unix sockets are: in its state folder, or, when that path is too long for a socket, in a folder of
 * `temporaryFolder` that is always the same for the same state folder. Pure.
 */
export function socketFolder(stateFolder: string, temporaryFolder: string): string {
  if (Buffer.byteLength(stateFolder) + 1 + longestName <= longestSocketPath) return stateFolder;
  const hash = createHash('sha256').update(stateFolder).digest('hex').slice(0, 16);
  return path.join(temporaryFolder, `lkit-${hash}`);
}

/**
 * Makes the folder, open to its owner alone: who can use the control socket can run programs as the machine's owner.
 *
 * @throws {MachineError} `bad-state` when another user has put something there
 */
export async function makeSocketFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const status = await lstat(folder);
  const owner = process.getuid?.();
  if (status.isDirectory() && (owner === undefined || owner === 0 || status.uid === owner)) return;
  throw new MachineError('bad-state', `${folder} belongs to another user`, { hint: 'Use another folder with -state.' });
}

const retryMs = 10;

/**
 * Connects as soon as somebody listens; `undefined` when `signal` is aborted before, or after `timeoutMs`.
 */
export async function connectWhenReady(
  file: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Socket | undefined> {
  for (let waited = 0; waited <= timeoutMs && !signal.aborted; waited += retryMs) {
    const socket = await tryConnect(file);
    if (socket !== undefined) return socket;
    await sleep(retryMs);
  }
  return undefined;
}

function tryConnect(file: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(file);
    const fail = (error: Error): void => {
      socket.destroy();
      if (isErrno(error, 'ENOENT', 'ECONNREFUSED', 'EAGAIN')) resolve(undefined);
      else reject(error);
    };
    socket.once('error', fail).once('connect', () => {
      // A later error is followed by the close that everybody waits for.
      socket.off('error', fail).on('error', () => undefined);
      resolve(socket);
    });
  });
}
