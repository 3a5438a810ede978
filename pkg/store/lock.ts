import { createHash } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../errors/index.ts';
import { StoreError } from './error.ts';
import { livenessOf, ownToken, pidOf } from './process.ts';
import { temporaryPath } from './temporary.ts';

/**
 * Locks between processes, on any disk that has hard links, that a `kill -9` cannot leave shut.
 *
 * A lock is a file that names its holder. It is made by hard-linking a finished ticket to the lock's name, so it never
 * exists without its content. When the holder is dead, the right to replace *that very* lock is won by linking one's
 * ticket to `LOCK.HASH`, HASH being of the dead lock's content: only one can. A winner who dies in turn is succeeded in
 * the same way, by linking to the name made of his own ticket. The last of this chain renames his ticket over the lock,
 * after making sure that the lock is still the one whose succession he won.
 */
export interface LockOptions {
  /** Where tickets are written: the store's folder for unfinished work. */
  readonly temporaryFolder: string;
  /** Milliseconds to wait for a living holder. */
  readonly waitMs: number;
  /** Told once, when there is somebody to wait for. */
  readonly onWait?: ((holderPid: number) => void) | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

const pollMs = 25;
const heartbeatMs = 5_000;
/** A holder in another container or machine is taken for dead when its lock was not touched for this long. */
const silenceMs = 60_000;

const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `action` while holding the lock `file`; within one process in the order of the calls.
 *
 * @throws {StoreError} `locked` when a living process keeps it for longer than `waitMs`
 */
export function withLock<T>(file: string, options: LockOptions, action: () => Promise<T>): Promise<T> {
  const before = queues.get(file) ?? Promise.resolve();
  const turn = before.then(() => holding(file, options, action));
  const settled = turn.then(
    () => undefined,
    () => undefined,
  );
  queues.set(file, settled);
  void settled.then(() => {
    if (queues.get(file) === settled) queues.delete(file);
  });
  return turn;
}

async function holding<T>(file: string, options: LockOptions, action: () => Promise<T>): Promise<T> {
  const content = await acquire(file, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, heartbeatMs);
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    if ((await contentOf(file)) === content) await rm(file, { force: true });
  }
}

async function acquire(file: string, options: LockOptions): Promise<string> {
  const ticket = temporaryPath(options.temporaryFolder);
  const content = `${ownToken()} ${ticket}`;
  await writeFile(ticket, content, { flag: 'wx' });
  const silence = new SilenceWatch();
  try {
    for (let waitedMs = 0; ;) {
      if (await tryLink(ticket, file)) return content;
      const holder = await takeOver(file, ticket, silence);
      if (holder === 'taken') return content;
      if (holder === 'changed') continue;
      if (waitedMs === 0) options.onWait?.(holder);
      if (waitedMs >= options.waitMs) {
        const seconds = Math.round(options.waitMs / 1000);
        throw new StoreError('locked', `process ${holder} has held ${file} for more than ${seconds} s`, {
          hint: 'Wait for it to finish, or end it if it hangs.',
        });
      }
      options.signal?.throwIfAborted();
      await sleep(pollMs);
      waitedMs += pollMs;
    }
  } finally {
    await rm(ticket, { force: true });
  }
}

/** Succeeds a dead holder. Otherwise says who lives (a pid), or that the lock has just changed hands. */
async function takeOver(file: string, ticket: string, silence: SilenceWatch): Promise<'taken' | 'changed' | number> {
  const dead: string[] = [];
  for (let claim = file; ; claim = successionOf(file, dead[dead.length - 1] ?? '')) {
    const content = await contentOf(claim);
    if (content === undefined) {
      if (claim === file || !(await tryLink(ticket, claim))) return 'changed';
      if ((await contentOf(file)) !== dead[0]) {
        await rm(claim, { force: true });
        return 'changed';
      }
      await rename(ticket, file);
      await removeClaims(file);
      return 'taken';
    }
    const token = content.split(' ')[0] ?? '';
    const liveness = livenessOf(token);
    if (liveness === 'alive' || (liveness === 'foreign' && !(await silence.isSilent(claim)))) return pidOf(token);
    dead.push(content);
  }
}

function successionOf(file: string, content: string): string {
  return `${file}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}

/** Claims on earlier holders mean nothing any more: whoever wins one finds that the lock has changed. */
async function removeClaims(file: string): Promise<void> {
  const folder = path.dirname(file);
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${path.basename(file)}.`)) await rm(path.join(folder, name), { force: true });
  }
}

async function tryLink(existing: string, name: string): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Watches whether a file is touched, by its own time stamps alone: clocks of two machines need not agree. */
class SilenceWatch {
  readonly #seen = new Map<string, { readonly mtimeMs: number; readonly since: number }>();

  async isSilent(file: string): Promise<boolean> {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: -1 }));
    const seen = this.#seen.get(file);
    const now = performance.now();
    if (seen?.mtimeMs !== mtimeMs) this.#seen.set(file, { mtimeMs, since: now });
    return seen?.mtimeMs === mtimeMs && now - seen.since > silenceMs;
  }
}
