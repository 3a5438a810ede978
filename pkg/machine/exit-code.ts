import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MachineError } from './error.ts';

/** Where QEMU puts what `lkit-exit` in the guest is given. Pure. */
export function exitCodeFile(stateFolder: string): string {
  return path.join(stateFolder, 'exit-code');
}

/**
 * The exit code that a program in the guest has given to the run that has ended.
 *
 * @throws {MachineError} `no-exit-code`: the machine ended, but nobody in it said how
 */
export async function readExitCode(stateFolder: string): Promise<number> {
  const text = await readFile(exitCodeFile(stateFolder), 'latin1');
  const code = /^(\d{1,3})\n/.exec(text)?.[1];
  if (code !== undefined && Number(code) <= 255) return Number(code);
  const found =
    text === '' ? 'without giving an exit code' : `and gave as exit code ${JSON.stringify(text.slice(0, 40))}`;
  throw new MachineError('no-exit-code', `the machine powered off ${found}`, {
    hint: 'In the guest: lkit-exit CODE; in a container with /run/lkit-exit bound into it: echo CODE >/run/lkit-exit',
  });
}
