import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArchiveError, contentOf, displayPath, readTar } from '../../archive/index.ts';
import { isErrno } from '../../errors/index.ts';
import { VmTestError } from '../error.ts';
import type { GuestSession } from './session.ts';

/** A guest that does not answer now has nothing more to say. */
const collectMs = 5_000;
/** A sparse file is as large as it says. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Copies the guest's /var/log and its kernel's messages to a folder, which is made. A guest that cannot give them, or
 * gives nonsense, changes nothing about the test's result.
 */
export async function collectLogs(session: GuestSession, folder: string): Promise<void> {
  const signal = AbortSignal.timeout(collectMs);
  try {
    const control = await session.control(signal);
    const script = 'cd /var/log && dmesg >dmesg.log && tar -c .';
    const { stdout } = await control.run({ command: ['/bin/sh', '-c', script], signal });
    await unpack(stdout, folder);
  } catch (error) {
    const isGuests = error instanceof VmTestError || error instanceof ArchiveError || isErrno(error);
    if (!isGuests) throw error;
  }
}

/** Regular files only: what a guest sends may have been made to do harm. */
async function unpack(archive: Buffer, folder: string): Promise<void> {
  let left = mostBytes;
  for await (const { entry, content } of readTar(contentOf(archive))) {
    left -= entry.size;
    if (left < 0) return;
    if (entry.type !== 'file') continue;
    const file = path.join(folder, displayPath(entry.path));
    await mkdir(path.dirname(file), { recursive: true });
    await pipeline(content, createWriteStream(file));
  }
}
