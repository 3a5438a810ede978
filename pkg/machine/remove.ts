import { readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { MachineError } from './error.ts';
import { forgetMachine, type KnownMachine } from './registry.ts';

/** What lkit itself puts into a state folder, which may be a folder with other things in it. */
const ours = /^(machine\.json|(console|qemu)\.log|exit-code|disk\d*\.img|(console|qmp|agent\d+)\.sock(\.lock)?)$/;

/**
 * Removes a stopped machine: what lkit keeps in its state folder, its disks there among it, and the folder if nothing
 * else is in it.
 *
 * @returns what was left where it is
 * @throws {MachineError} `already-running`
 */
export async function removeMachine(
  registry: string,
  { name, folder, state }: KnownMachine,
): Promise<readonly string[]> {
  if (state.running !== undefined) {
    throw new MachineError('already-running', `${name} is running (process ${state.running.process.pid})`, {
      kind: 'input',
      hint: `Stop it first: lkit stop ${name}; or, as by a power cut: lkit rm -f ${name}`,
    });
  }
  const files = await readdir(folder);
  await Promise.all(files.filter((file) => ours.test(file)).map((file) => rm(path.join(folder, file))));
  const left = files.filter((file) => !ours.test(file));
  await rmdir(folder).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'EBUSY')) throw error;
  });
  await forgetMachine(registry, folder);
  return left.sort();
}
