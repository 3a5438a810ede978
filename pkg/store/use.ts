import { readFileSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../errors/index.ts';
import type { StoreFolders } from './folders.ts';
import { livenessOf } from './process.ts';

/** The lock that a process holds while it removes things. */
export function removalLock(folders: StoreFolders): string {
  return path.join(folders.locks, 'removal.lock');
}

const pollMs = 10;
/** A remover of another machine that has not touched its lock for this long is dead. */
const silenceMs = 60_000;

/**
 * When a file of the store was last used is its time of modification: nothing else needs that, it survives file systems
 * that are mounted without access times, and setting it costs one system call.
 *
 * Whoever relies on a file marks it first. A remover holds the removal lock from before it looks at these times until
 * all is removed. So either it sees the mark, or the one who made it sees the lock, waits, and looks again.
 */
export class Uses {
  readonly #lock: string;
  readonly #now: () => number;

  constructor(folders: StoreFolders, now: () => number) {
    this.#lock = removalLock(folders);
    this.#now = now;
  }

  /** Marks a file as used now; false when it is not there. Once true, it stays until this process ends. */
  async mark(file: string): Promise<boolean> {
    for (;;) {
      if (!this.#setTime(file)) return false;
      if (!this.#removalRuns()) return true;
      await sleep(pollMs);
    }
  }

  /** To be called after a file was put in place: a remover that took it for the one before has put it back then. */
  async settle(): Promise<void> {
    while (this.#removalRuns()) await sleep(pollMs);
  }

  // A build marks some dozens of files: a synchronous call takes 3 µs, and a turn through the thread pool ten times that.
  #setTime(file: string): boolean {
    const now = this.#now() / 1000;
    try {
      utimesSync(file, now, now);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      // A store that cannot be written to can still be read, and nobody removes anything from it.
      if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) return statSync(file, { throwIfNoEntry: false }) !== undefined;
      throw error;
    }
  }

  #removalRuns(): boolean {
    const stats = statSync(this.#lock, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    const liveness = livenessOf(tokenIn(this.#lock));
    return liveness === 'foreign' ? this.#now() - stats.mtimeMs < silenceMs : liveness === 'alive';
  }
}

/** Who holds a lock; the token of nobody where it has just been let go. */
function tokenIn(lock: string): string {
  try {
    return readFileSync(lock, 'utf8').split(' ')[0] ?? '';
  } catch {
    return '';
  }
}
