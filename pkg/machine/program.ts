import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { HelperProgram, MachineEnd } from './backend.ts';
import { MachineError } from './error.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProgram {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

/**
 * Starts a program in a session of its own, or Ctrl-C at the terminal would end it before the guest is asked. What it
 * prints goes to its log, which is begun anew.
 *
 * @throws {MachineError} `did-not-start` when there is no such program
 */
export async function startProgram(
  command: Omit<HelperProgram, 'socket'>,
  input: Socket | 'ignore' = 'ignore',
): Promise<StartedProgram> {
  const log = await open(command.log, 'w');
  try {
    const child = spawn(command.program, command.args, { stdio: [input, log.fd, log.fd], detached: true });
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve).once('error', (error) => {
        const message = `cannot start ${command.program}: ${error.message}`;
        reject(new MachineError('did-not-start', message, { cause: error }));
      });
    });
    return { child, pid: child.pid ?? 0, exited };
  } finally {
    await log.close();
  }
}

/** Signals that a program brings upon itself. */
const crashSignals: readonly string[] = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP'];

/** The end of a machine whose program was ended or gave up. */
export function brokenEnd(name: string, { code, signal }: Exit, lastWords: string): MachineEnd {
  const words = lastWords === '' ? '' : `: ${lastWords}`;
  if (signal === null) return { how: 'failed', detail: `${name} failed (exit code ${String(code)})${words}` };
  if (!crashSignals.includes(signal)) return { how: 'killed', detail: `${name} was ended by ${signal}` };
  return { how: 'failed', detail: `${name} crashed (${signal})${words}` };
}

/** The last lines that a program printed, each as `clean` leaves it; `undefined` drops it. */
export async function lastWords(log: string, clean: (line: string) => string | undefined): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const lines = text.split('\n').flatMap((line) => {
    const kept = line.trim() === '' ? undefined : clean(line);
    return kept === undefined ? [] : [kept];
  });
  return lines.slice(-4).join('\n  ');
}
