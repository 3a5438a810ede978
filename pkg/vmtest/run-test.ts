import type { ConsoleLine } from './guest/console-log.ts';
import { type Incident, incidentOf } from './guest/incident.ts';
import type { GuestSession } from './guest/session.ts';
import { perform } from './steps/perform.ts';
import type { Step, TestCase } from './types.ts';
import { type Failure, isExpected, judge, type MachineOutcome, type StepFailure } from './verdict.ts';

export interface TestRun {
  /** `undefined`: the test has passed. */
  readonly failure: Failure | undefined;
  readonly timeline: readonly TimelineEntry[];
}

/** Something that happened, in milliseconds since the machine was started. */
export interface TimelineEntry {
  readonly atMs: number;
  readonly what: string;
}

export interface TestRunOptions {
  /** Starts the machine; `onLine` is to be told each line of its console. */
  readonly start: (onLine: (line: ConsoleLine) => void) => Promise<GuestSession>;
  /** Milliseconds from any fixed moment. */
  readonly now: () => number;
  /** Aborts the test; then `runTest` rejects with its reason when the machine is gone. */
  readonly signal: AbortSignal;
  /** Told which step begins. */
  readonly onStep: (step: Step) => void;
  /** Called before the machine is stopped, if it still runs. */
  readonly beforeStop: (session: GuestSession, failure: Failure | undefined) => Promise<void>;
}

/** Under what comes an incident there may be more about it, such as a container's last output. */
const incidentSettleMs = 150;
const silenceCheckMs = 250;

/**
 * Runs one test from the start of its machine to its stop.
 *
 * @throws what `start` throws; the signal's reason when it was aborted
 */
export async function runTest(test: TestCase, options: TestRunOptions): Promise<TestRun> {
  options.signal.throwIfAborted();
  const run = new Run(test, options);
  return await run.toEnd();
}

class Run {
  private readonly test: TestCase;
  private readonly options: TestRunOptions;
  private readonly startedAt: number;
  /** Aborted when nothing more is to be waited for; its reason is what a step that was under way has failed by. */
  private readonly over = new AbortController();
  private readonly incidents: Incident[] = [];
  private readonly timeline: TimelineEntry[] = [];
  private outcome: MachineOutcome | undefined;
  private passed = 0;
  private settling: NodeJS.Timeout | undefined;

  constructor(test: TestCase, options: TestRunOptions) {
    this.test = test;
    this.options = options;
    this.startedAt = options.now();
  }

  async toEnd(): Promise<TestRun> {
    const { signal } = this.options;
    const interrupt = (): void => {
      this.over.abort();
    };
    const timeout = setTimeout(() => {
      this.over.abort('out-of-time' satisfies Limit);
    }, this.test.timeoutMs);
    signal.addEventListener('abort', interrupt);
    let session: GuestSession | undefined;
    try {
      session = await this.options.start((line) => {
        this.read(line);
      });
      return await this.judged(session);
    } finally {
      signal.removeEventListener('abort', interrupt);
      clearTimeout(timeout);
      clearTimeout(this.settling);
      await session?.stop();
    }
  }

  private async judged(session: GuestSession): Promise<TestRun> {
    const ended = session.ended.then((end) => {
      this.outcome = end;
      // The last step waits for the end itself.
      if (this.test.steps[this.passed]?.kind !== 'powerOff') this.over.abort();
    });
    const stepFailure = await this.takeSteps(session);
    if (this.options.signal.aborted) throw this.options.signal.reason;
    // A machine that has just ended explains more than the step that it has interrupted.
    if (stepFailure?.kind === 'unmet') await Promise.race([ended, pause(incidentSettleMs)]);
    const { passed, incidents, outcome } = this;
    const failure = judge(this.test, { passed, incidents, stepFailure, outcome });
    this.note(failure === undefined ? 'passed' : `failed: ${failure.kind}`);
    if (outcome === undefined) await this.options.beforeStop(session, failure);
    return { failure, timeline: [...firstOutput(session), ...this.timeline] };
  }

  private async takeSteps(session: GuestSession): Promise<StepFailure | undefined> {
    for (const step of this.test.steps) {
      this.options.onStep(step);
      const failure = await this.takeStep(step, session);
      if (failure !== undefined) return failure;
      this.passed++;
      this.note(step.title);
    }
    return undefined;
  }

  private async takeStep(step: Step, session: GuestSession): Promise<StepFailure | undefined> {
    const own = new AbortController();
    const { timeoutMs } = step;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            own.abort('timed-out' satisfies Limit);
          }, timeoutMs);
    const silence = this.watchSilence(step, session);
    const signal = AbortSignal.any([own.signal, this.over.signal]);
    try {
      const wrong = await perform(step, session, signal);
      return wrong === undefined ? undefined : this.failureOf(step, wrong, signal);
    } finally {
      clearTimeout(timer);
      clearInterval(silence);
    }
  }

  private failureOf(step: Step, wrong: string, { reason }: AbortSignal): StepFailure {
    const kind = limits.find((each) => each === reason);
    return kind === undefined
      ? { kind: 'unmet', message: wrong }
      : { kind, message: `${limitOf(kind, step, this.test)} ${wrong}` };
  }

  /** Only steps that wait for what the guest does by itself can wait for nothing. */
  private watchSilence(step: Step, session: GuestSession): NodeJS.Timeout | undefined {
    if (step.kind !== 'console' && step.kind !== 'service') return undefined;
    const sinceMs = this.elapsedMs();
    return setInterval(
      () => {
        const lastMs = Math.max(sinceMs, session.console.lastOutputMs);
        if (this.elapsedMs() - lastMs >= this.test.silenceMs) this.over.abort('silent' satisfies Limit);
      },
      Math.min(silenceCheckMs, this.test.silenceMs),
    );
  }

  private read({ text, atMs }: ConsoleLine): void {
    if (text.startsWith('lkit: ')) this.timeline.push({ atMs, what: text });
    const incident = incidentOf(text);
    if (incident === undefined) return;
    this.incidents.push(incident);
    if (isExpected(this.test, incident)) return;
    this.settling ??= setTimeout(() => {
      this.over.abort();
    }, incidentSettleMs);
  }

  private note(what: string): void {
    this.timeline.push({ atMs: this.elapsedMs(), what });
  }

  private elapsedMs(): number {
    return this.options.now() - this.startedAt;
  }
}

/** What ends a step that waits; reasons of the signals. */
const limits = ['timed-out', 'out-of-time', 'silent'] as const satisfies readonly StepFailure['kind'][];
type Limit = (typeof limits)[number];

function limitOf(limit: Limit, step: Step, test: TestCase): string {
  switch (limit) {
    case 'timed-out':
      return `after ${(step.timeoutMs ?? 0) / 1000} s`;
    case 'out-of-time':
      return `the test's ${test.timeoutMs / 1000} s are over, and`;
    case 'silent':
      return `the machine has said nothing for ${test.silenceMs / 1000} s, and`;
  }
}

function firstOutput({ console: { firstOutputMs } }: GuestSession): readonly TimelineEntry[] {
  return firstOutputMs === undefined ? [] : [{ atMs: firstOutputMs, what: 'first output on the console' }];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
