import type { LaunchPlan, MachineEnd } from '../backend.ts';
import { brokenEnd, type Exit, lastWords } from '../program.ts';
import type { QmpEvent } from './qmp.ts';

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

  async describe(exit: Exit): Promise<MachineEnd> {
    if (exit.signal === null && this.broken) {
      return { how: 'failed', detail: 'QEMU could not go on with the guest: internal error' };
    }
    if (exit.code !== 0) return brokenEnd('QEMU', exit, await qemusLastWords(this.plan.programLog));
    if (this.panicked) return { how: 'panicked', detail: 'the guest reported a panic to QEMU' };
    if (this.cause === 'guest-reset') return { how: 'reset', detail: '' };
    if (this.cause === 'host-signal') return { how: 'killed', detail: 'QEMU was ended by a signal' };
    return { how: this.cause.startsWith('host-') ? 'stopped' : 'powered-off', detail: '' };
  }
}

/** Without QEMU's name in front of each line and without warnings. */
export function qemusLastWords(programLog: string): Promise<string> {
  return lastWords(programLog, (line) =>
    line.includes('warning:') ? undefined : line.replace(/^\S*qemu-system-\w+: /, ''),
  );
}
