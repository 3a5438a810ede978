import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { ReadStream, WriteStream } from 'node:tty';
import { MachineError } from '../error.ts';

const mode = constants.O_RDWR | constants.O_NOCTTY;

/**
 * Opens the pseudo-terminal on which a hypervisor has put a console, and lets every byte through as it is.
 *
 * @throws {MachineError} `did-not-start` when it is none
 */
export async function openPty(file: string): Promise<Duplex> {
  const [input, output] = [await open(file, mode), await open(file, mode)];
  // Node's raw mode would still turn line feeds into carriage return and line feed.
  const { status } = spawnSync('stty', ['raw', '-echo'], { stdio: [input.fd, 'ignore', 'ignore'] });
  if (status !== 0) {
    await Promise.all([input.close(), output.close()]);
    throw new MachineError('did-not-start', `${file} is not the pseudo-terminal of a console`);
  }
  const readable = new ReadStream(input.fd);
  const writable = new WriteStream(output.fd);
  return Duplex.from({ readable, writable });
}
