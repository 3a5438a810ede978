import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchPlan, MachineEnd, RunningMachine } from '../backend.ts';
import { MachineError } from '../error.ts';
import { type Guard, guardProcess } from '../guard.ts';
import { askGuest } from '../guest/index.ts';
import { identifyProcess, processorSeconds } from '../process.ts';
import { connectWhenReady, makeSocketFolder, removeSockets } from '../sockets.ts';
import { EndWatch, type Exit, lastWords } from './end.ts';
import { QmpClient } from './qmp.ts';

/** QEMU opens its sockets within 0.1 s; a loaded host may take long. */
const connectTimeoutMs = 30_000;
const drainMs = 500;
/** A guest whose agent does not answer so soon has its power button pressed. */
const agentMs = 2_000;
const quitTimeoutMs = 2_000;

/**
 * Starts a planned QEMU and connects to its console and monitor. The machine's folder must exist.
 *
 * @throws {MachineError} `did-not-start`, with QEMU's own words
 */
export async function startQemu(plan: LaunchPlan): Promise<RunningMachine> {
  const { console: consolePath, control } = plan.sockets;
  // A socket left behind by a killed QEMU would be connected to before the new one is there.
  await removeSockets(plan.sockets);
  await makeSocketFolder(path.dirname(consolePath));
  const { child, exited } = await launch(plan);
  const pid = child.pid ?? 0;
  const guard = guardProcess(pid);
  const gone = new AbortController();
  const clearedUp = exited.then(async () => {
    gone.abort();
    guard.release();
    await removeSockets(plan.sockets);
  });
  try {
    const console = await connected(plan, consolePath, gone.signal);
    const monitor = await connected(plan, control, gone.signal);
    const end = new EndWatch(plan);
    const qmp = await QmpClient.open(monitor, (event) => {
      end.note(event);
      if (event.event === 'STOP') void stopIfBroken(qmp, end);
    });
    const identity = (await identifyProcess(pid)) ?? { pid, startedAt: '' };
    await qmp.execute('cont');
    const closed = new Promise<void>((resolve) => monitor.once('close', resolve));
    const ended = exited.then(async (exit) => {
      // The reason for the exit may still be under way.
      await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
      qmp.end();
      await clearedUp;
      return await end.describe(exit);
    });
    return new QemuMachine(plan, child, identity, console, qmp, ended, guard);
  } catch (error) {
    child.kill('SIGKILL');
    await clearedUp;
    throw error instanceof MachineError && error.code === 'monitor-failed' ? await startFailure(plan, error) : error;
  }
}

/** KVM gives up on a guest by stopping it; QEMU would then wait for a person to look at it. */
async function stopIfBroken(qmp: QmpClient, end: EndWatch): Promise<void> {
  const status = (await qmp.execute('query-status').catch(() => undefined)) as { readonly status?: string } | undefined;
  if (status?.status !== 'internal-error') return;
  end.broken = true;
  await qmp.execute('quit').catch(() => undefined);
}

async function launch(plan: LaunchPlan): Promise<{ child: ChildProcess; exited: Promise<Exit> }> {
  const log = await open(plan.programLog, 'w');
  try {
    const child = spawn(plan.program, plan.args, {
      stdio: ['ignore', log.fd, log.fd],
      // A session of its own, or Ctrl-C at the terminal would end QEMU before the guest is asked.
      detached: true,
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve).once('error', (error) => {
        reject(new MachineError('did-not-start', `cannot start ${plan.program}: ${error.message}`, { cause: error }));
      });
    });
    return { child, exited };
  } finally {
    await log.close();
  }
}

async function connected(plan: LaunchPlan, socketPath: string, gone: AbortSignal): Promise<Socket> {
  const socket = await connectWhenReady(socketPath, gone, connectTimeoutMs);
  if (socket !== undefined) return socket;
  throw await startFailure(plan, gone.aborted ? undefined : new Error(`nobody listens at ${socketPath}`));
}

async function startFailure(plan: LaunchPlan, cause: Error | undefined): Promise<MachineError> {
  const said = await lastWords(plan.programLog);
  const reason = said || (cause?.message ?? 'it exited without a word');
  return new MachineError('did-not-start', `QEMU did not start: ${reason}`, {
    hint: `Its output is in ${plan.programLog}; --dry-run prints its command line.`,
    cause,
  });
}

class QemuMachine implements RunningMachine {
  readonly process: RunningMachine['process'];
  readonly console: Socket;
  readonly ended: Promise<MachineEnd>;
  private readonly child: ChildProcess;
  private readonly qmp: QmpClient;
  private readonly plan: LaunchPlan;
  private readonly guard: Guard;

  constructor(
    plan: LaunchPlan,
    child: ChildProcess,
    identity: RunningMachine['process'],
    console: Socket,
    qmp: QmpClient,
    ended: Promise<MachineEnd>,
    guard: Guard,
  ) {
    this.plan = plan;
    this.guard = guard;
    this.child = child;
    this.process = identity;
    this.console = console;
    this.qmp = qmp;
    this.ended = ended;
  }

  async processorMs(): Promise<number | undefined> {
    const seconds = await processorSeconds(this.process.pid);
    return seconds === undefined ? undefined : seconds * 1000;
  }

  async powerDown(): Promise<void> {
    if (await askGuest(this.plan.sockets.agents, agentMs)) return;
    await this.qmp.execute('system_powerdown');
  }

  detach(): void {
    this.guard.release();
    this.console.destroy();
    this.qmp.end();
    this.child.unref();
  }

  async stop(): Promise<void> {
    // QEMU flushes its disk images when it quits; one that no longer listens is killed.
    this.qmp.execute('quit').catch(() => undefined);
    const late = sleep(quitTimeoutMs, 'late', { ref: false });
    if ((await Promise.race([this.ended, late])) === 'late') this.child.kill('SIGKILL');
    await this.ended;
  }
}
