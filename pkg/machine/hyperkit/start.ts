import type { ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineEnd, RunningMachine } from '../backend.ts';
import { loggedConsole, socketPair } from '../console/index.ts';
import { MachineError } from '../error.ts';
import { fileExists } from '../file-exists.ts';
import { guardProcess } from '../guard.ts';
import { identifyProcess, processorMs } from '../process.ts';
import { type Exit, lastWords, startProgram, type StartedProgram } from '../program.ts';
import { makeSocketFolder } from '../sockets.ts';
import { describeEnd, endOfGuest } from './end.ts';
import type { HyperkitPlan } from './plan.ts';
import { publishPorts } from './ports.ts';
import { startVpnkit } from './vpnkit.ts';

const startTimeoutMs = 10_000;
const pollMs = 10;

/**
 * Starts a planned hyperkit: its vpnkit first, then the ports, then the machine. The state folder must exist.
 *
 * @throws {MachineError} `did-not-start`, `ports-failed`, `already-running`; nothing runs any more then
 */
export async function startHyperkit(plan: HyperkitPlan): Promise<RunningMachine> {
  await makeSocketFolder(plan.socketFolder);
  await claimPidFile(plan.pidFile);
  const undo: (() => Promise<unknown>)[] = [];
  const tidy = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  const removeSockets = (): Promise<unknown> =>
    Promise.all(plan.helperSockets.map((socket) => rm(socket, { force: true })));
  try {
    await removeSockets();
    undo.push(removeSockets);
    for (const helper of plan.helpers ?? []) undo.push(await startVpnkit(helper));
    if (plan.publish !== undefined) {
      const ports = await publishPorts(plan.publish);
      undo.push(() => ports.close());
    }
    const { started, console } = plan.consoleInFile ? await startSilent(plan) : await startOnLine(plan);
    // hyperkit removes its pid file itself, unless it was killed; and does not start where there is one.
    undo.push(() => rm(plan.pidFile, { force: true }));
    const guard = guardProcess(started.pid);
    void started.exited.then(() => {
      guard.release();
    });
    undo.push(async () => {
      started.child.kill('SIGKILL');
      await started.exited;
    });
    await untilRunning(plan, started);
    const identity = (await identifyProcess(started.pid)) ?? { pid: started.pid, startedAt: '' };
    const exit = started.exited.then(async (how) => {
      await tidy();
      return how;
    });
    return new HyperkitMachine(plan, started.child, identity, console, exit);
  } catch (error) {
    await tidy();
    throw error;
  }
}

/** @throws {MachineError} `already-running` */
async function claimPidFile(file: string): Promise<void> {
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (pid > 0 && (await identifyProcess(pid)) !== undefined) {
    throw new MachineError('already-running', `process ${pid} runs this machine already, according to ${file}`, {
      hint: 'Power it off first. If that process is another program, remove the file.',
    });
  }
  await rm(file, { force: true });
}

interface StartedMachine {
  readonly started: StartedProgram;
  readonly console: Duplex;
}

/** hyperkit reads and writes the console at its standard input. */
async function startOnLine(plan: HyperkitPlan): Promise<StartedMachine> {
  const { ours, theirs } = await socketPair(plan.socketFolder);
  try {
    const started = await startProgram({ ...plan, log: plan.programLog }, theirs);
    return { started, console: loggedConsole(ours, plan.consoleLog) };
  } catch (error) {
    ours.destroy();
    throw error;
  } finally {
    theirs.destroy();
  }
}

/** The console is for those who open the pseudo-terminal: here it says nothing and ends with the machine. */
async function startSilent(plan: HyperkitPlan): Promise<StartedMachine> {
  const started = await startProgram({ ...plan, log: plan.programLog });
  const console = new Duplex({
    allowHalfOpen: false,
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  void started.exited.then(() => console.push(null));
  return { started, console };
}

/** It runs when it has written its pid: before that it reads its arguments and asks macOS for a machine. */
async function untilRunning({ pidFile, programLog }: HyperkitPlan, { exited }: StartedProgram): Promise<void> {
  const gone = exited.then((exit) => exit);
  for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += pollMs) {
    if (await fileExists(pidFile)) return;
    const exit = await Promise.race([gone, sleep(pollMs)]);
    // A machine may also have come and gone meanwhile; one that crashed has left its pid.
    if (exit === undefined) continue;
    if (endOfGuest(exit) !== undefined || (await fileExists(pidFile))) return;
    break;
  }
  const said = await lastWords(programLog, withoutName);
  throw new MachineError('did-not-start', `hyperkit did not start: ${said || 'it said nothing'}`, {
    hint: `Its output is in ${programLog}; --dry-run prints its command line.`,
  });
}

function withoutName(line: string): string {
  return line.replace(/^\S*hyperkit: /, '');
}

class HyperkitMachine implements RunningMachine {
  readonly process: RunningMachine['process'];
  readonly console: Duplex;
  readonly ended: Promise<MachineEnd>;
  private readonly child: ChildProcess;
  private stopped = false;

  constructor(
    plan: HyperkitPlan,
    child: ChildProcess,
    identity: RunningMachine['process'],
    console: Duplex,
    exited: Promise<Exit>,
  ) {
    this.child = child;
    this.process = identity;
    this.console = console;
    this.ended = exited.then(async (exit) => {
      if (this.stopped) return { how: 'stopped', detail: '' };
      return describeEnd(exit, await lastWords(plan.programLog, withoutName));
    });
  }

  processorMs(): Promise<number | undefined> {
    return processorMs(this.process.pid);
  }

  /** SIGTERM is hyperkit's power button once the guest has an ACPI driver, and its end before. */
  powerDown(): Promise<void> {
    this.child.kill('SIGTERM');
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
