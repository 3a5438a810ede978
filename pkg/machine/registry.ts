import { createHash } from 'node:crypto';
import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { didYouMean, isErrno } from '../errors/index.ts';
import { badInput, MachineError } from './error.ts';
import { type MachineState, readState } from './state.ts';

/** A machine that has run at least once, and its state folder. */
export interface KnownMachine {
  readonly name: string;
  readonly folder: string;
  readonly state: MachineState;
}

/** Makes a machine known, by a link to its state folder. */
export async function registerMachine(registry: string, stateFolder: string): Promise<void> {
  await mkdir(registry, { recursive: true, mode: 0o700 });
  try {
    await symlink(stateFolder, linkTo(registry, stateFolder));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

/** Forgets a machine; its state folder stays. */
export async function forgetMachine(registry: string, stateFolder: string): Promise<void> {
  await rm(linkTo(registry, stateFolder), { force: true });
}

function linkTo(registry: string, stateFolder: string): string {
  return path.join(registry, createHash('sha256').update(stateFolder).digest('hex').slice(0, 16));
}

/** All machines whose state folders are still there, by name. The others are forgotten. */
export async function listMachines(registry: string): Promise<readonly KnownMachine[]> {
  const links = await readdir(registry).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const machines: KnownMachine[] = [];
  for (const link of links) {
    const folder = await readlink(path.join(registry, link));
    try {
      const machine = await machineIn(folder);
      if (machine === undefined) await forgetMachine(registry, folder);
      else machines.push(machine);
    } catch (error) {
      // One damaged state must not hide all other machines.
      if (!(error instanceof MachineError)) throw error;
    }
  }
  const key = ({ name, folder }: KnownMachine): string => `${name}\0${folder}`;
  return machines.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function machineIn(folder: string): Promise<KnownMachine | undefined> {
  const state = await readState(folder);
  return state === undefined ? undefined : { name: state.name, folder, state };
}

/**
 * Finds a machine by its name, by its state folder's name, or by the path of that folder.
 *
 * @param current what a relative path is relative to
 * @throws {MachineError} `no-machine`, `several-machines`
 */
export async function findMachine(registry: string, name: string, current: string): Promise<KnownMachine> {
  if (name.includes('/')) {
    const machine = await machineIn(path.resolve(current, name));
    if (machine !== undefined) return machine;
    throw badInput('no-machine', `${name} is not the state folder of a machine`, 'The machines there are: lkit ps');
  }
  const machines = await listMachines(registry);
  const [first, ...others] = machines.filter((each) => each.name === name || path.basename(each.folder) === name);
  if (first === undefined) {
    const near = didYouMean(name, new Set(machines.map((each) => each.name)));
    throw badInput('no-machine', `there is no machine ${name}${near}`, 'The machines there are: lkit ps');
  }
  if (others.length === 0) return first;
  const folders = [first, ...others].map(({ folder }) => folder);
  throw badInput('several-machines', `which ${name}? There are ${folders.length}`, `Name one: ${folders.join(', ')}`);
}

/** The machine's running state. @throws {MachineError} `not-running` */
export function requireRunning({ name, state }: KnownMachine): NonNullable<MachineState['running']> {
  if (state.running !== undefined) return state.running;
  throw new MachineError('not-running', `${name} is not running`, { hint: `Start it: lkit run -detached ${name}` });
}

/**
 * Where the agents of a machine answer: for `connectGuest`.
 *
 * @throws {MachineError} `not-running`, `no-channel`
 */
export function requireAgents(machine: KnownMachine): readonly string[] {
  const { backend, sockets } = requireRunning(machine);
  if (sockets.agents !== undefined) return sockets.agents;
  throw new MachineError('no-channel', `${machine.name} runs under ${backend}, which has no control channel for lkit`, {
    hint: 'Machines under QEMU have one: lkit run qemu',
  });
}
