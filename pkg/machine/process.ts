import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process, told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in a form that only serves to be compared. */
  readonly startedAt: string;
}

/** `undefined` when there is no such process, or only its zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether that very process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startedAt === identity.startedAt;
}

/** The seconds of processor time that a process has used; `undefined` where the host does not tell. */
export async function processorSeconds(pid: number): Promise<number | undefined> {
  const fields = await statFields(pid);
  // utime and stime; USER_HZ is 100 on every Linux that Node.js runs on.
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Clock ticks since boot mean nothing after the next boot, so its id goes with them. */
async function startOnLinux(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid);
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${bootId.trim()}/${fields[19] ?? ''}`;
}

/** The fields of proc_pid_stat(5) after the program's name, which may itself hold blanks and parentheses. */
async function statFields(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function startByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [status = 'Z', ...start] = stdout.trim().split(/\s+/);
    return status.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}

/** Aborted when that process has ended, or `signal` is. */
export function whenEnded(identity: ProcessIdentity, signal: AbortSignal): AbortSignal {
  const ended = new AbortController();
  const timer = setInterval(() => {
    void isRunning(identity).then((running) => {
      if (running && !signal.aborted) return;
      clearInterval(timer);
      ended.abort();
    });
  }, 200);
  return ended.signal;
}
