import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';
import { MachineError } from '../error.ts';

/**
 * Opens the pseudo-terminal on which a hypervisor has put a console, and lets every byte through as it is.
 *
 * @throws {MachineError} `did-not-start` when it is none
 */
export function openPty(file: string): Duplex {
  const descriptor = openSync(file, constants.O_RDWR | constants.O_NOCTTY);
  // Node's raw mode would still turn line feeds into carriage return and line feed.
  const { status } = spawnSync('stty', ['raw', '-echo'], { stdio: [descriptor, 'ignore', 'ignore'] });
  if (status === 0) return new ReadStream(descriptor);
  closeSync(descriptor);
  throw new MachineError('did-not-start', `${file} is not the pseudo-terminal of a console`);
}
