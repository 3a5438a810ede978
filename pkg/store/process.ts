import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who made a temporary file or holds a lock, as one word for a file name: `HOST.PID.START`. HOST stands for the
 * machine and its pid namespace, so that two containers which share a store do not take each other's process 7 for
 * their own; START is when the process began, so that a later process with the same pid is not taken for it.
 */
export type ProcessToken = string;

/** `foreign`: of another machine or pid namespace, where one cannot see. */
export type Liveness = 'alive' | 'dead' | 'foreign';

let own: ProcessToken | undefined;

/** This process. */
export function ownToken(): ProcessToken {
  own ??= `${hostToken()}.${process.pid}.${startOf(process.pid) ?? '0'}`;
  return own;
}

/** Whether the process that a token names still runs. A token that cannot be read names a dead one. */
export function livenessOf(token: ProcessToken): Liveness {
  const match = /^([0-9a-f]{12})\.(\d+)\.(\d+)$/.exec(token);
  if (!match) return 'dead';
  if (match[1] !== hostToken()) return 'foreign';
  const pid = Number(match[2]);
  const start = startOf(pid);
  if (start !== undefined) return start === match[3] ? 'alive' : 'dead';
  return match[3] === '0' && canBeSignalled(pid) ? 'alive' : 'dead';
}

export function pidOf(token: ProcessToken): number {
  return Number(token.split('.')[1]);
}

let host: string | undefined;

function hostToken(): string {
  host ??= createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 12);
  return host;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Clock ticks between boot and the process's start; `undefined` when it is gone, a zombie, or there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may itself hold blanks and parentheses (proc.5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function canBeSignalled(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
