import { setTimeout as sleep } from 'node:timers/promises';
import type { HelperProgram } from '../backend.ts';
import { MachineError } from '../error.ts';
import { fileExists } from '../file-exists.ts';
import { guardProcess } from '../guard.ts';
import { lastWords, startProgram } from '../program.ts';

const startTimeoutMs = 10_000;
const pollMs = 20;

/**
 * Starts vpnkit and waits until its ethernet socket is there.
 *
 * @returns what ends it
 * @throws {MachineError} `did-not-start`, with vpnkit's own words
 */
export async function startVpnkit(command: HelperProgram): Promise<() => Promise<void>> {
  const { child, pid, exited } = await startProgram(command);
  const guard = guardProcess(pid);
  void exited.then(() => {
    guard.release();
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const runs = (): boolean => child.exitCode === null && child.signalCode === null;
  for (let waitedMs = 0; runs() && waitedMs < startTimeoutMs; waitedMs += pollMs) {
    if (await fileExists(command.socket)) return stop;
    await sleep(pollMs);
  }
  await stop();
  const said = await lastWords(command.log, (line) => line);
  throw new MachineError('did-not-start', `vpnkit did not start: ${said || 'it said nothing'}`, {
    hint: `Its output is in ${command.log}.`,
  });
}
