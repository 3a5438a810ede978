import type { LaunchPlan, MachineEnd } from './backend.ts';
import { MachineError } from './error.ts';
import type { Vitals } from './vitals.ts';

/** How a run that did not fail came to its end. */
export type RunEnd = 'powered-off' | 'reset' | 'left' | 'interrupted' | 'terminated' | 'detached';

/** Why lkit itself brought the machine to its end. */
export type Decision = 'left' | 'interrupted' | 'terminated' | 'timed-out' | 'panicked' | 'silent';

export interface Outcome {
  readonly end: MachineEnd;
  readonly decision: Decision | undefined;
  readonly vitals: Pick<Vitals, 'heard' | 'panic' | 'halted'>;
}

/** Why to try other facts; `undefined` where the machine's end was its own. Pure. */
export function reasonToFallBack(plan: LaunchPlan, { end, decision, vitals }: Outcome): string | undefined {
  if (plan.trusted || vitals.heard) return undefined;
  if (decision === 'silent') return 'guest hung';
  return decision === undefined && end.how === 'failed' ? end.detail : undefined;
}

/**
 * What a machine's end means for its run. Pure.
 *
 * @throws {MachineError} `timed-out`, `guest-panicked`, `died`, `boot-halted`
 */
export function judge({ end, decision, vitals }: Outcome, timeoutMs = 0): RunEnd {
  const { panic, halted } = vitals;
  if (decision === 'timed-out') {
    throw new MachineError('timed-out', `the machine had not ended after ${timeoutMs / 1000} s and was stopped`, {
      hint: 'Give it longer with --timeout, or look for what it waits for on its console.',
    });
  }
  if (decision === 'panicked' || end.how === 'panicked' || (panic !== undefined && end.how === 'reset')) {
    throw new MachineError('guest-panicked', `the guest's kernel gave up: ${panic ?? end.detail}`);
  }
  if (decision === 'left' || decision === 'interrupted' || decision === 'terminated') return decision;
  if (end.how === 'failed' || end.how === 'killed') throw new MachineError('died', end.detail);
  if (halted !== undefined) throw new MachineError('boot-halted', `the guest halted its boot: ${halted}`);
  return end.how === 'reset' ? 'reset' : 'powered-off';
}
