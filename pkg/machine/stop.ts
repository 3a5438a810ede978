import { setTimeout as sleep } from 'node:timers/promises';
import { MachineError } from './error.ts';
import { askGuest } from './guest/index.ts';
import { isRunning, type ProcessIdentity } from './process.ts';
import { pressPowerButton } from './qemu/power-button.ts';
import { removeSockets } from './sockets.ts';
import type { RunningState } from './state.ts';

export interface StopOptions {
  /** How long the guest may take to power off; 0 ends it at once. */
  readonly graceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** `powered-off`: the guest shut down in order. `killed`: it did not, and was ended as by a power cut. */
export type StopOutcome = 'powered-off' | 'killed';

/** A guest whose agent does not answer so soon is asked in another way. */
const agentMs = 3_000;
const checkMs = 50;
/** QEMU flushes its disk images at SIGTERM. */
const flushMs = 2_000;
const killMs = 10_000;

/**
 * Ends a machine, whoever started it: the guest's own shutdown, asked for through its agent or by its power button;
 * when it has not ended by then, the end of its process.
 */
export async function stopMachine(running: RunningState, options: StopOptions): Promise<StopOutcome> {
  const { graceMs, signal } = options;
  const deadline = performance.now() + graceMs;
  if (graceMs > 0) {
    const asked =
      (await askGuest(running.sockets.agents, Math.min(agentMs, graceMs), signal)) ||
      (await pressPowerButton(running.sockets.control));
    signal?.throwIfAborted();
    if (asked && (await isGone(running.process, deadline - performance.now(), signal))) return 'powered-off';
  }
  await endProcess(running.process);
  await removeSockets(running.sockets);
  return 'killed';
}

/** Looked at again before each signal: the pid may be another process's by then. */
async function endProcess(process_: ProcessIdentity): Promise<void> {
  for (const [signal, ms] of [
    ['SIGTERM', flushMs],
    ['SIGKILL', killMs],
  ] as const) {
    if (!(await isRunning(process_))) return;
    process.kill(process_.pid, signal);
    if (await isGone(process_, ms)) return;
  }
  throw new MachineError('still-running', `process ${process_.pid} has not ended ${killMs / 1000} s after SIGKILL`);
}

async function isGone(process_: ProcessIdentity, ms: number, signal?: AbortSignal): Promise<boolean> {
  for (let waited = 0; await isRunning(process_); waited += checkMs) {
    if (waited > ms) return false;
    await sleep(checkMs);
    signal?.throwIfAborted();
  }
  return true;
}
