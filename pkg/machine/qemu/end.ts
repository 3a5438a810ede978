import { readFile } from 'node:fs/promises';
import type { LaunchPlan, MachineEnd } from '../backend.ts';
import type { QmpEvent } from './qmp.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Signals that a program brings upon itself. */
const crashes: readonly string[] = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP'];

/** Collects what QEMU says about the machine's end, and puts it together with how QEMU exited. */
export class EndWatch {
  /** Whether the accelerator gave up on the guest. */
  broken = false;
  private readonly plan: LaunchPlan;
  private panicked = false;
  /** https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html, ShutdownCause */
  private cause = 'guest-shutdown';

  constructor(plan: LaunchPlan) {
    this.plan = plan;
  }

  note({ event, data }: QmpEvent): void {
    if (event === 'GUEST_PANICKED') this.panicked = true;
    if (event === 'SHUTDOWN') this.cause = String(data?.['reason']);
  }

  async describe({ code, signal }: Exit): Promise<MachineEnd> {
    const said = await lastWords(this.plan.programLog);
    const words = said === '' ? '' : `: ${said}`;
    if (signal !== null) {
      if (!crashes.includes(signal)) return { how: 'killed', detail: `QEMU was ended by ${signal}` };
      return { how: 'failed', detail: `QEMU crashed (${signal})${words}` };
    }
    if (this.broken) return { how: 'failed', detail: 'QEMU could not go on with the guest: internal error' };
    if (code !== 0) return { how: 'failed', detail: `QEMU failed (exit code ${String(code)})${words}` };
    if (this.panicked) return { how: 'panicked', detail: 'the guest reported a panic to QEMU' };
    if (this.cause === 'guest-reset') return { how: 'reset', detail: '' };
    if (this.cause === 'host-signal') return { how: 'killed', detail: 'QEMU was ended by a signal' };
    return { how: this.cause.startsWith('host-') ? 'stopped' : 'powered-off', detail: '' };
  }
}

/** The last lines that QEMU printed, without its name in front of each and without warnings. */
export async function lastWords(programLog: string): Promise<string> {
  const text = await readFile(programLog, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.includes('warning:'));
  return lines
    .slice(-4)
    .map((line) => line.replace(/^\S*qemu-system-\w+: /, ''))
    .join('\n  ');
}
