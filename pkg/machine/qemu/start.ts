import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineEnd, RunningMachine } from '../backend.ts';
import { MachineError } from '../error.ts';
import { guardProcess } from '../guard.ts';
import { askGuest } from '../guest/index.ts';
import { identifyProcess, processorMs } from '../process.ts';
import { startProgram } from '../program.ts';
import { connectWhenReady, makeSocketFolder, removeSockets } from '../sockets.ts';
import { EndWatch, qemusLastWords } from './end.ts';
import { startHelpers } from './helpers.ts';
import type { QemuPlan } from './plan.ts';
import { QmpClient, type QmpEvent } from './qmp.ts';

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
export async function startQemu(plan: QemuPlan): Promise<RunningMachine> {
  const { console: consolePath, control } = plan.sockets;
  // A socket left behind by a killed QEMU would be connected to before the new one is there.
  await removeSockets(plan.sockets);
  await makeSocketFolder(path.dirname(consolePath));
  const helpers = await startHelpers(plan.helpers ?? []);
  const { child, pid, exited } = await startProgram({ ...plan, log: plan.programLog }).catch((error: unknown) => {
    helpers.stop();
    throw error;
  });
  const guard = guardProcess(pid);
  const gone = new AbortController();
  const clearedUp = exited.then(async () => {
    gone.abort();
    guard.release();
    helpers.stop();
    await removeSockets(plan.sockets);
  });
  try {
    const console = await connected(plan, consolePath, gone.signal);
    const monitor = await connected(plan, control, gone.signal);
    const end = new EndWatch(plan);
    let onAgent = (): void => undefined;
    const agentAnswers = new Promise<void>((resolve) => (onAgent = resolve));
    const qmp = await QmpClient.open(monitor, (event) => {
      end.note(event);
      if (isAgentThere(event)) onAgent();
      if (event.event === 'STOP') void stopIfBroken(qmp, end);
    });
    const identity = (await identifyProcess(pid)) ?? { pid, startedAt: '' };
    if (plan.heldBack !== true) await qmp.execute('cont');
    const closed = new Promise<void>((resolve) => monitor.once('close', resolve));
    const ended = exited.then(async (exit) => {
      // The reason for the exit may still be under way.
      await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
      qmp.end();
      await clearedUp;
      return await end.describe(exit);
    });
    const release = (): void => {
      guard.release();
      helpers.release();
    };
    return new QemuMachine(plan, child, { process: identity, console, ended, agentAnswers }, qmp, release);
  } catch (error) {
    child.kill('SIGKILL');
    await clearedUp;
    throw error instanceof MachineError && error.code === 'monitor-failed' ? await startFailure(plan, error) : error;
  }
}

/** The guest has opened one of the ports that `portArguments` gives it. */
function isAgentThere({ event, data }: QmpEvent): boolean {
  return event === 'VSERPORT_CHANGE' && data?.['open'] === true && String(data['id']).startsWith('agent');
}

/** KVM gives up on a guest by stopping it; QEMU would then wait for a person to look at it. */
async function stopIfBroken(qmp: QmpClient, end: EndWatch): Promise<void> {
  const status = (await qmp.execute('query-status').catch(() => undefined)) as { readonly status?: string } | undefined;
  if (status?.status !== 'internal-error') return;
  end.broken = true;
  await qmp.execute('quit').catch(() => undefined);
}

async function connected(plan: QemuPlan, socketPath: string, gone: AbortSignal): Promise<Socket> {
  const socket = await connectWhenReady(socketPath, gone, connectTimeoutMs);
  if (socket !== undefined) return socket;
  throw await startFailure(plan, gone.aborted ? undefined : new Error(`nobody listens at ${socketPath}`));
}

async function startFailure(plan: QemuPlan, cause: Error | undefined): Promise<MachineError> {
  const said = await qemusLastWords(plan.programLog);
  const reason = said || (cause?.message ?? 'it exited without a word');
  return new MachineError('did-not-start', `QEMU did not start: ${reason}`, {
    hint: `Its output is in ${plan.programLog}; --dry-run prints its command line.`,
    cause,
  });
}

type StartedMachine = Required<Pick<RunningMachine, 'process' | 'console' | 'ended' | 'agentAnswers'>>;

class QemuMachine implements RunningMachine {
  readonly process: RunningMachine['process'];
  readonly console: RunningMachine['console'];
  readonly ended: Promise<MachineEnd>;
  readonly agentAnswers: Promise<void>;
  private readonly child: ChildProcess;
  private readonly qmp: QmpClient;
  private readonly plan: QemuPlan;
  private readonly release: () => void;

  constructor(plan: QemuPlan, child: ChildProcess, started: StartedMachine, qmp: QmpClient, release: () => void) {
    this.plan = plan;
    this.release = release;
    this.child = child;
    this.process = started.process;
    this.console = started.console;
    this.ended = started.ended;
    this.agentAnswers = started.agentAnswers;
    this.qmp = qmp;
  }

  processorMs(): Promise<number | undefined> {
    return processorMs(this.process.pid);
  }

  async powerDown(): Promise<void> {
    if (await askGuest(this.plan.sockets.agents, agentMs)) return;
    await this.qmp.execute('system_powerdown');
  }

  detach(): void {
    this.release();
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
