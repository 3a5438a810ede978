import { access, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HelperCommand } from '../backend.ts';
import { MachineError } from '../error.ts';
import { guardProcess } from '../guard.ts';
import { lastWords, startProgram } from '../program.ts';

const startTimeoutMs = 10_000;
const pollMs = 20;

/**
 * Starts vpnkit and waits until its sockets are there.
 *
 * @returns what ends it
 * @throws {MachineError} `did-not-start`, with vpnkit's own words
 */
export async function startVpnkit(command: HelperCommand, sockets: readonly string[]): Promise<() => Promise<void>> {
  await Promise.all(sockets.map((socket) => rm(socket, { force: true })));
  const { child, pid, exited } = await startProgram(command);
  const guard = guardProcess(pid);
  void exited.then(() => {
    guard.release();
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await Promise.all(sockets.map((socket) => rm(socket, { force: true })));
  };
  const runs = (): boolean => child.exitCode === null && child.signalCode === null;
  for (let waitedMs = 0; runs() && waitedMs < startTimeoutMs; waitedMs += pollMs) {
    if (await allThere(sockets)) return stop;
    await sleep(pollMs);
  }
  await stop();
  const said = await lastWords(command.log, (line) => line);
  throw new MachineError('did-not-start', `vpnkit did not start: ${said || 'it said nothing'}`, {
    hint: `Its output is in ${command.log}.`,
  });
}

async function allThere(files: readonly string[]): Promise<boolean> {
  const found = await Promise.allSettled(files.map((file) => access(file)));
  return found.every(({ status }) => status === 'fulfilled');
}
