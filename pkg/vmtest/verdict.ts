import type { Location } from '../errors/index.ts';
import { compare } from './expectation.ts';
import type { Incident } from './guest/incident.ts';
import type { Step, TestCase } from './types.ts';

/**
 * - `assertion`: a step found something else than it expected, in its own time
 * - `hang`: the test's time was over, or the guest had fallen silent
 * - `panic`, `oops`, `out-of-memory`, `crash`: the guest's kernel gave up, met a fault, killed a process; a container failed
 * - `halt`, `power-off`, `reboot`: the boot was halted, the guest powered off or restarted before the last step
 * - `machine`: the machine did not start, or died
 * - `build`: there is no image
 */
export type FailureKind =
  | 'assertion'
  | 'hang'
  | 'panic'
  | 'oops'
  | 'out-of-memory'
  | 'crash'
  | 'halt'
  | 'power-off'
  | 'reboot'
  | 'machine'
  | 'build';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** The step that was under way, or the test. */
  readonly at: Location;
  /** Title of that step. */
  readonly step?: string | undefined;
  /** A text that the line of the console has which tells of the failure. */
  readonly line?: string | undefined;
}

/** Why a step did not come to a good end. */
export interface StepFailure {
  /** `unmet`: it found something else; `timed-out`: in the time of its own; `out-of-time`: in the test's. */
  readonly kind: 'unmet' | 'timed-out' | 'out-of-time' | 'silent';
  readonly message: string;
}

/** How a machine came to its end without being stopped. */
export interface MachineOutcome {
  readonly kind: 'powered-off' | 'reset' | 'panicked' | 'halted' | 'failed';
  readonly message: string;
}

/** Everything that was recorded about a test. */
export interface TestRecord {
  /** How many steps have passed. */
  readonly passed: number;
  readonly incidents: readonly Incident[];
  readonly stepFailure?: StepFailure | undefined;
  /** `undefined` as long as it ran, and after the last step. */
  readonly outcome?: MachineOutcome | undefined;
}

/** The verdict: `undefined` only if every step has passed and nothing went wrong that was not expected. Pure. */
export function judge(test: TestCase, record: TestRecord): Failure | undefined {
  const step = test.steps[record.passed];
  const fail = (kind: FailureKind, message: string, line?: string): Failure => ({
    ...{ kind, message, line },
    at: step?.at ?? test.at,
    step: step?.title,
  });
  const { outcome, stepFailure } = record;
  const [incident] = record.incidents.filter((each) => !isExpected(test, each));
  // What happened first explains what came of it: a service that was killed, then the kernel that gave up.
  if (incident) return fail(incident.kind, incident.message, incident.line);
  if (outcome && !(outcome.kind === 'powered-off' && step === undefined)) return fail(...unexpectedEnd(outcome));
  if (stepFailure?.kind === 'unmet' || stepFailure?.kind === 'timed-out') return fail('assertion', stepFailure.message);
  if (stepFailure) return fail('hang', stepFailure.message);
  return step === undefined ? undefined : fail('machine', 'the test ended before its last step');
}

function unexpectedEnd({ kind, message }: MachineOutcome): [FailureKind, string, string?] {
  switch (kind) {
    case 'powered-off':
      return ['power-off', 'the guest powered off before the last step'];
    case 'reset':
      return ['reboot', 'the guest restarted before the last step'];
    case 'panicked':
      return [
        /out of memory|deadlocked on memory/i.test(message) ? 'out-of-memory' : 'panic',
        message,
        'Kernel panic - not syncing',
      ];
    case 'halted':
      return ['halt', message];
    case 'failed':
      return ['machine', message];
  }
}

/** Whether the test itself says that this may happen: by a step that waits for the very line, or for the service's end. */
export function isExpected({ steps, mayFail }: TestCase, incident: Incident): boolean {
  if (incident.container !== undefined && mayFail.includes(incident.container)) return true;
  return steps.some((step) => expects(step, incident));
}

const badStates: readonly string[] = ['failed', 'restarting', 'unhealthy'];

function expects(step: Step, { container, line, bareLine }: Incident): boolean {
  if (step.kind === 'service') return step.service === container && badStates.includes(step.state);
  if (step.kind !== 'console') return false;
  // A step that waits for the service's name alone does not wait for its failure.
  return compare(step.expected, line).holds && !compare(step.expected, bareLine).holds;
}
