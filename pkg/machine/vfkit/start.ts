import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineEnd, RunningMachine } from '../backend.ts';
import { loggedConsole, openPty } from '../console/index.ts';
import { MachineError } from '../error.ts';
import { guardProcess } from '../guard.ts';
import { identifyProcess, processorMs } from '../process.ts';
import { brokenEnd, type Exit, lastWords, startProgram } from '../program.ts';
import { connectWhenReady, makeSocketFolder } from '../sockets.ts';
import type { VfkitPlan } from './plan.ts';
import { type VfkitRest, vfkitRest } from './rest.ts';

const startTimeoutMs = 30_000;
const stopTimeoutMs = 2_000;
const drainMs = 500;

/**
 * Starts a planned vfkit and opens its console, before the guest has said much. The state folder must exist.
 *
 * @throws {MachineError} `did-not-start`, with vfkit's own words
 */
export async function startVfkit(plan: VfkitPlan): Promise<RunningMachine> {
  const { control } = plan.sockets;
  await makeSocketFolder(path.dirname(control));
  // vfkit does not listen where a socket was left behind.
  await rm(control, { force: true });
  const { child, pid, exited } = await startProgram({ ...plan, log: plan.programLog });
  const guard = guardProcess(pid);
  const gone = new AbortController();
  void exited.then(() => {
    gone.abort();
    guard.release();
    void rm(control, { force: true });
  });
  try {
    (await connectWhenReady(control, gone.signal, startTimeoutMs))?.destroy();
    const rest = vfkitRest(control);
    const line = openPty(await rest.consolePty());
    // The end of a pseudo-terminal is not told as surely as a process's.
    void exited.then(() => sleep(drainMs)).then(() => line.destroy());
    const console = loggedConsole(line, plan.consoleLog);
    const identity = (await identifyProcess(pid)) ?? { pid, startedAt: '' };
    return new VfkitMachine(plan, child, identity, console, rest, exited);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    const said = await lastWords(plan.programLog, withoutChatter);
    const reason = said || (error instanceof Error ? error.message : String(error));
    throw new MachineError('did-not-start', `vfkit did not start: ${reason}`, {
      hint: `Its output is in ${plan.programLog}; --dry-run prints its command line.`,
      cause: error,
    });
  }
}

/** vfkit logs what it does, and its web server each request. */
function withoutChatter(line: string): string | undefined {
  return /level=(?:debug|info|warning)|^\[GIN/.test(line) ? undefined : line.replace(/^Error: /, '');
}

class VfkitMachine implements RunningMachine {
  readonly process: RunningMachine['process'];
  readonly console: Duplex;
  readonly ended: Promise<MachineEnd>;
  private readonly child: ChildProcess;
  private readonly rest: VfkitRest;
  private stopped = false;

  constructor(
    plan: VfkitPlan,
    child: ChildProcess,
    identity: RunningMachine['process'],
    console: Duplex,
    rest: VfkitRest,
    exited: Promise<Exit>,
  ) {
    this.child = child;
    this.process = identity;
    this.console = console;
    this.rest = rest;
    this.ended = exited.then(async (exit) => {
      if (this.stopped) return { how: 'stopped', detail: '' };
      // A guest that reboots does so within vfkit, which ends in good order only with a guest that is off.
      if (exit.code === 0) return { how: 'powered-off', detail: '' };
      return brokenEnd('vfkit', exit, await lastWords(plan.programLog, withoutChatter));
    });
  }

  processorMs(): Promise<number | undefined> {
    return processorMs(this.process.pid);
  }

  powerDown(): Promise<void> {
    return this.rest.changeState('Stop');
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.rest.changeState('HardStop').catch(() => undefined);
    const late = sleep(stopTimeoutMs, 'late', { ref: false });
    if ((await Promise.race([this.ended, late])) === 'late') this.child.kill('SIGKILL');
    await this.ended;
  }
}
