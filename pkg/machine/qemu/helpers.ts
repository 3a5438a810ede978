import { spawn } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HelperProgram } from '../backend.ts';
import { MachineError } from '../error.ts';
import { fileExists } from '../file-exists.ts';
import { guardProcess } from '../guard.ts';
import { qemusLastWords } from './end.ts';

const readyTimeoutMs = 10_000;
const lookAgainMs = 20;

export interface RunningHelpers {
  stop(): void;
  /** Lets them run on when this process ends; each ends by itself with its machine. */
  release(): void;
}

/**
 * Starts the programs that a machine's own one connects to, and waits until each of them listens. They take one
 * connection, so none is made to find that out.
 *
 * @throws {MachineError} `did-not-start`, with the program's own words; nothing is left running then
 */
export async function startHelpers(helpers: readonly HelperProgram[]): Promise<RunningHelpers> {
  const running: RunningHelpers[] = [];
  const all: RunningHelpers = {
    stop: () => {
      for (const each of running) each.stop();
    },
    release: () => {
      for (const each of running) each.release();
    },
  };
  try {
    for (const helper of helpers) running.push(await startHelper(helper));
  } catch (error) {
    all.stop();
    throw error;
  }
  return all;
}

async function startHelper({ program, args, socket, log }: HelperProgram): Promise<RunningHelpers> {
  await rm(socket, { force: true });
  const output = await open(log, 'w');
  const child = spawn(program, args, { stdio: ['ignore', output.fd, output.fd], detached: true });
  const guard = child.pid === undefined ? undefined : guardProcess(child.pid);
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code) => {
    failure ??= `it ended with exit code ${String(code)}`;
    guard?.release();
  });
  const stop = (): void => {
    child.kill();
    void rm(socket, { force: true });
  };
  await output.close();
  for (let waitedMs = 0; !(await fileExists(socket)); waitedMs += lookAgainMs) {
    if (waitedMs >= readyTimeoutMs) failure ??= 'it does not listen';
    if (failure !== undefined) {
      stop();
      const said = (await qemusLastWords(log)) || failure;
      throw new MachineError('did-not-start', `${path.basename(program)} did not start: ${said}`, {
        hint: `Its output is in ${log}; --dry-run prints its command line.`,
      });
    }
    await sleep(lookAgainMs);
  }
  const release = (): void => {
    guard?.release();
    child.unref();
  };
  return { stop, release };
}
