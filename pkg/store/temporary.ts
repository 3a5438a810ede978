import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { livenessOf, ownToken } from './process.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** A name nobody else uses, in the store's own folder for unfinished work: on the same disk, so that it can be renamed into place. */
export function temporaryPath(folder: string, ending = ''): string {
  return path.join(folder, `${ownToken()}.${randomBytes(6).toString('hex')}${ending}`);
}

/**
 * Removes what processes that died left behind. What belongs to a process of another machine or container is left
 * alone for a day.
 */
export async function cleanTemporaries(folder: string, now: () => number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const liveness = livenessOf(name.split('.').slice(0, 3).join('.'));
    if (liveness === 'alive') continue;
    if (liveness === 'foreign' && !(await isOlder(file, now() - dayMs))) continue;
    await rm(file, { recursive: true, force: true });
  }
}

async function isOlder(file: string, momentMs: number): Promise<boolean> {
  try {
    return (await stat(file)).mtimeMs < momentMs;
  } catch {
    return false;
  }
}

/**
 * Moves a finished file to its final name. Its bytes reach the disk before the name does, and the name before this
 * returns, so that neither a kill nor a power cut leaves a name without its content.
 */
export async function moveIntoPlace(temporary: string, final: string): Promise<void> {
  await sync(temporary);
  await mkdir(path.dirname(final), { recursive: true });
  await rename(temporary, final);
  await sync(path.dirname(final));
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
