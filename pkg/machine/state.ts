import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import type { MachineSockets } from './backend.ts';
import { MachineError } from './error.ts';
import { isRunning, type ProcessIdentity } from './process.ts';
import type { Arch, MachineIdentity } from './types.ts';

/** What `STATE/machine.json` says. It outlives the machine; `running` is there only while it runs. */
export interface MachineState {
  readonly version: 1;
  readonly name: string;
  readonly identity: MachineIdentity;
  /** What the console of the last run said. */
  readonly consoleLog?: string;
  readonly running?: RunningState;
}

export interface RunningState {
  readonly backend: string;
  readonly arch: Arch;
  readonly process: ProcessIdentity;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly sockets: MachineSockets;
  readonly consoleLog: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

const stateFile = 'machine.json';

/**
 * Reads a machine's state. A `running` whose process is gone, because the host or lkit was killed, is left out.
 *
 * @returns `undefined` when the machine never ran
 * @throws {MachineError} `bad-state` when the file is not one that lkit wrote
 */
export async function readState(folder: string): Promise<MachineState | undefined> {
  const file = path.join(folder, stateFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const state = parseState(text);
  if (state === undefined) {
    throw new MachineError('bad-state', `${file} is not the state of a machine`, {
      hint: 'Remove that file (the disks beside it can stay), or use another folder with -state.',
    });
  }
  const { running, ...lasting } = state;
  return running !== undefined && (await isRunning(running.process)) ? state : lasting;
}

/** Written aside and renamed, so that a reader never sees half of it. */
export async function writeState(folder: string, state: MachineState): Promise<void> {
  // The control socket in it lets its user run anything as the machine's owner.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, stateFile);
  const aside = `${file}.${process.pid}.tmp`;
  await writeFile(aside, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(aside, file);
}

/** A new machine's identity; the MAC address is of QEMU's range. */
export function newIdentity(): MachineIdentity {
  const [a, b, c] = randomBytes(3).toString('hex').match(/../g) ?? [];
  return { uuid: randomUUID(), mac: ['52', '54', '00', a, b, c].join(':') };
}

function parseState(text: string): MachineState | undefined {
  try {
    const state = JSON.parse(text) as Partial<MachineState>;
    const { identity, running } = state;
    const whole =
      state.version === 1 &&
      typeof identity?.uuid === 'string' &&
      typeof identity.mac === 'string' &&
      (running === undefined || (typeof running.process.pid === 'number' && Array.isArray(running.sockets.agents)));
    return whole ? (state as MachineState) : undefined;
  } catch {
    return undefined;
  }
}
