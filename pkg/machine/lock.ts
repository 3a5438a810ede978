import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { isErrno } from '../errors/index.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process.ts';

/**
 * Takes a lock file that names its holder; one whose holder is dead is no lock. Should two processes find the same dead
 * lock at the same instant, both may get it; here that is no harm: QEMU itself takes only one client, the other waits.
 * A machine that has ended may have taken the folder of its sockets along: then nobody can have the lock.
 *
 * @returns what gives it back, or `undefined` when somebody has it
 */
export async function tryLock(file: string): Promise<(() => Promise<void>) | undefined> {
  const self = await identifyProcess(process.pid);
  const aside = `${file}.${process.pid}.${String(performance.now())}`;
  // Linked only when it is whole, so that nobody reads a lock without its holder.
  try {
    await writeFile(aside, JSON.stringify(self));
    if (await tryLink(aside, file)) return () => rm(file, { force: true });
    if (await isHeld(file)) return undefined;
    await rm(file, { force: true });
    return (await tryLink(aside, file)) ? () => rm(file, { force: true }) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return () => Promise.resolve();
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function isHeld(file: string): Promise<boolean> {
  try {
    return await isRunning(JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return false;
    throw error;
  }
}
