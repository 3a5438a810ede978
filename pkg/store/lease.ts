import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import type { StoreFolders } from './folders.ts';
import { livenessOf, ownToken } from './process.ts';
import { cleanTemporaries } from './temporary.ts';

/** Tells other processes that this one has the store open, and since when. Its end needs no telling: see `ProcessToken`. */
export async function takeLease({ users }: StoreFolders, now: () => number): Promise<void> {
  await mkdir(users, { recursive: true });
  await cleanTemporaries(users, now);
  try {
    await writeFile(path.join(users, ownToken()), '', { flag: 'wx' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST', 'EROFS', 'EACCES')) throw error;
  }
}

/**
 * Since when, in milliseconds since 1970, another living process may have relied on something in the store; infinite
 * where there is none. What was last used before is in nobody's hands.
 */
export async function usedByOthersSince({ users }: StoreFolders): Promise<number> {
  let since = Infinity;
  for (const name of await readdir(users)) {
    if (name === ownToken() || livenessOf(name) === 'dead') continue;
    const { mtimeMs } = await stat(path.join(users, name)).catch(() => ({ mtimeMs: Infinity }));
    since = Math.min(since, mtimeMs);
  }
  return since;
}
