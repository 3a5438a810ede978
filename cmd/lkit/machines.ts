import { homedir } from 'node:os';
import type { KnownMachine } from '../../pkg/machine/index.ts';
import { defaultRegistry } from '../../pkg/machine/registry-folder.ts';

/** The folder that names all machines of this user. */
export function machineRegistry(): string {
  return defaultRegistry(process.env, homedir());
}

export async function machineNamed(name: string): Promise<KnownMachine> {
  const { findMachine } = await import('../../pkg/machine/index.ts');
  return await findMachine(machineRegistry(), name, process.cwd());
}

/** What the argument NAME of these commands says of itself. */
export const machineHelp = "the machine's name as `lkit ps` prints it, or the path of its state folder";
