/*
 * The control channel: how programs on the host run commands in a guest of pkg:init, without a network.
 *
 *   const guest = await connectGuest(running.sockets.agents, { timeoutMs: 30_000 });
 *   try {
 *     const { exitCode, stdout, stderr } = await guest.run({ command: ['sh', '-c', 'echo hello'], service: 'web' });
 *   } finally {
 *     await guest.close();
 *   }
 *
 * - It may be called as soon as the machine has been started: it waits for the guest's agent, which answers when drivers
 *   are loaded and before the first `onboot` container runs.
 * - A machine takes as many clients at once as it has sockets; whoever comes then waits, until `timeoutMs`.
 * - One client's commands run one after another, in the order of the calls. For two at once connect twice.
 * - A command is given no terminal. Its environment is the agent's (PATH, HOME=/root) or, with `service`, that of the
 *   service's container, as are its user, working directory, capabilities and control group.
 * - `run` ends when the command has ended *and* its output has: a process that it leaves behind must not keep that open.
 * - A command is killed when its time is over, when its signal is aborted, and when the client closes or dies.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MachineError } from '../error.ts';
import { connectWhenReady, lockOf } from '../sockets.ts';
import { type GuestControl, GuestConnection } from './control.ts';
import { tryLock } from '../lock.ts';

export interface ConnectOptions {
  /** How long to wait for the guest to answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const lockRetryMs = 50;
/** After so long without an answer the connection is made anew: the guest may still be reading for a client before. */
const answerMs = 2_000;
/** Long enough for the guest to see that nobody is there. */
const pauseMs = 100;

/**
 * Connects to the agent of a running machine.
 *
 * @param sockets `MachineSockets.agents`
 * @throws {MachineError} `guest-busy`, `guest-silent`
 */
export async function connectGuest(sockets: readonly string[], options: ConnectOptions): Promise<GuestControl> {
  if (sockets.length === 0) throw new MachineError('guest-silent', 'this kind of machine has no control channel');
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const { socket, release } = await takeSocket(sockets, signal, options);
  try {
    while (!signal.aborted) {
      const connection = await connectWhenReady(socket, signal, options.timeoutMs);
      if (connection === undefined) break;
      const guest = await greet(connection, release, signal);
      if (guest !== undefined) return guest;
      await sleep(pauseMs);
    }
    options.signal?.throwIfAborted();
    throw new MachineError('guest-silent', `the guest did not answer within ${options.timeoutMs / 1000} s`, {
      hint: 'Its agent is a part of pkg:init, and needs the kernel module virtio_console. See `lkit logs` for its boot.',
    });
  } catch (error) {
    await release();
    throw error;
  }
}

async function takeSocket(
  sockets: readonly string[],
  signal: AbortSignal,
  options: ConnectOptions,
): Promise<{ readonly socket: string; readonly release: () => Promise<void> }> {
  do {
    for (const socket of sockets) {
      const release = await tryLock(lockOf(socket));
      if (release !== undefined) return { socket, release };
    }
    await sleep(lockRetryMs);
  } while (!signal.aborted);
  options.signal?.throwIfAborted();
  throw new MachineError('guest-busy', `all ${sockets.length} connections to the guest are in use`, {
    hint: 'Wait for the other lkit commands on this machine, or end them.',
  });
}

async function greet(
  socket: Socket,
  release: () => Promise<void>,
  signal: AbortSignal,
): Promise<GuestControl | undefined> {
  const guest = new GuestConnection(socket, release);
  if (await guest.greet(AbortSignal.any([signal, AbortSignal.timeout(answerMs)]))) return guest;
  socket.destroy();
  return undefined;
}
