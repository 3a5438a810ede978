import type { Backend, LaunchPlan, MachineEnd, RunningMachine } from './backend.ts';
import { type ConsoleBridge, openTerminal, type Terminal } from './console/index.ts';
import { MachineError } from './error.ts';
import { type Decision, judge, reasonToFallBack, type RunEnd } from './outcome.ts';
import { Vitals } from './vitals.ts';

export interface ForegroundOptions {
  readonly terminal: Terminal;
  /** The machine is stopped, and its run failed, after this time. */
  readonly timeoutMs?: number | undefined;
  /**
   * When a machine about whose accelerator something was guessed computes for so long without a word, it hangs.
   *
   * @default 15 s of processor time
   */
  readonly silentProcessorMs?: number;
  /**
   * Leaves the machine alone after its first word, on its console or by its agent's, or when it has not said any for a
   * minute.
   *
   * @default false
   */
  readonly detach?: boolean;
  /** Told what happens outside of the guest, one line each. */
  readonly say: (text: string) => void;
  /** Told when the machine runs, and again for the next one when the first had to be replaced. */
  readonly onStart: (machine: RunningMachine, plan: LaunchPlan) => Promise<void>;
}

/** A machine in the foreground: from its start to its end, with its console in the terminal. */
export interface ForegroundRun {
  /**
   * @throws {MachineError} `did-not-start`, `died`, `guest-panicked`, `boot-halted`, `timed-out`; the terminal is
   *   restored and the machine gone by then
   */
  readonly finished: Promise<RunEnd>;
  /** Once: asks the guest to power off, and stops the machine when it does not. Twice: stops it. */
  interrupt(): void;
  /** Stops the machine. */
  terminate(): void;
  /** Presses the power button of a machine that runs; the run ends when the guest powers off. */
  powerDown(): Promise<void>;
}

/** What says nothing for so long has no console, or is slow. */
const wordlessMs = 60_000;
const powerDownMs = 10_000;
/** A guest that has computed for so long without one word is not booting. */
const silentProcessorMs = 15_000;

/** Starts the machine that `facts` plan, and stays with it. */
export function runForeground<Facts, Plan extends LaunchPlan>(
  backend: Backend<Facts, Plan>,
  plan: (facts: Facts) => Plan,
  facts: Facts,
  options: ForegroundOptions,
): ForegroundRun {
  const run = new Run(options);
  return {
    finished: run.toEnd(backend, plan, facts),
    interrupt: () => {
      run.interrupt();
    },
    terminate: () => {
      run.end('terminated');
    },
    powerDown: () => run.powerDown(),
  };
}

class Run {
  private readonly options: ForegroundOptions;
  private machine: RunningMachine | undefined;
  private decision: Decision | undefined;
  private readonly vitals: Vitals;
  private bridge: ConsoleBridge | undefined;
  /** Told of the guest's first word. */
  private confirm: () => Promise<void> = () => Promise.resolve();
  private confirmed: Promise<void> = Promise.resolve();
  private powerTimer: NodeJS.Timeout | undefined;
  private wordlessTimer: NodeJS.Timeout | undefined;
  private onDetached: () => void = () => undefined;
  private readonly detached = new Promise<'detached'>((resolve) => {
    this.onDetached = () => {
      resolve('detached');
    };
  });

  constructor(options: ForegroundOptions) {
    this.options = options;
    this.vitals = new Vitals({
      onHeard: () => {
        this.confirmed = this.confirm().catch(() => undefined);
        if (options.detach !== true) return;
        void this.confirmed.then(() => {
          this.detach();
        });
      },
      onPanicked: () => {
        this.end('panicked');
      },
      onSilent: () => {
        this.end('silent');
      },
    });
  }

  async toEnd<Facts, Plan extends LaunchPlan>(
    backend: Backend<Facts, Plan>,
    plan: (facts: Facts) => Plan,
    facts: Facts,
  ): Promise<RunEnd> {
    const { timeoutMs } = this.options;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            this.end('timed-out');
          }, timeoutMs);
    try {
      for (;;) {
        const attempt = plan(facts);
        const tried = facts;
        if (!attempt.trusted) this.confirm = async () => backend.confirm?.(tried);
        const end = await this.attempt(backend, attempt, async (machine) => {
          // First: from the first byte on, who sees the console can find the machine.
          await this.options.onStart(machine, attempt);
          this.bridge ??= this.openTerminal();
          this.bridge.attach(machine.console);
        });
        if (end === 'detached') return end;
        await this.bridge?.drained();
        await this.confirmed;
        const outcome = { end, decision: this.decision, vitals: this.vitals };
        const reason = reasonToFallBack(attempt, outcome);
        const next = reason === undefined ? undefined : await backend.fallBack?.(facts, reason);
        if (next === undefined) return judge(outcome, timeoutMs);
        facts = next;
        this.decision = undefined;
        this.confirm = () => Promise.resolve();
      }
    } finally {
      for (const each of [timer, this.powerTimer, this.wordlessTimer]) clearTimeout(each);
      this.vitals.rest();
      await this.bridge?.close();
    }
  }

  interrupt(): void {
    if (this.decision === 'interrupted' || this.machine === undefined) {
      this.end('interrupted');
      return;
    }
    this.decision = 'interrupted';
    this.say('asking the guest to power off; interrupt again to stop it at once');
    this.machine.powerDown().catch(() => {
      this.end('interrupted');
    });
    this.powerTimer = setTimeout(() => {
      this.say(`the guest has not powered off in ${powerDownMs / 1000} s: stopping it`);
      this.end('interrupted');
    }, powerDownMs);
  }

  async powerDown(): Promise<void> {
    await this.machine?.powerDown();
  }

  /** Before the machine has started, the decision is carried out when it has. */
  end(decision: Decision): void {
    this.decision ??= decision;
    this.machine?.stop().catch(() => undefined);
  }

  private async attempt<Facts, Plan extends LaunchPlan>(
    backend: Backend<Facts, Plan>,
    plan: Plan,
    started: (machine: RunningMachine) => Promise<void>,
  ): Promise<MachineEnd | 'detached'> {
    let machine: RunningMachine;
    try {
      machine = await backend.start(plan);
    } catch (error) {
      if (plan.trusted || !(error instanceof MachineError)) throw error;
      return { how: 'failed', detail: error.message };
    }
    this.machine = machine;
    if (!plan.trusted) this.vitals.watchSilence(machine, this.options.silentProcessorMs ?? silentProcessorMs);
    try {
      await started(machine);
      void machine.agentAnswers?.then(() => {
        this.vitals.hear();
      });
      if (this.decision !== undefined) await machine.stop();
      return await this.untilEnd(machine);
    } catch (error) {
      await machine.stop();
      throw error;
    } finally {
      this.vitals.rest();
      this.machine = undefined;
    }
  }

  private async untilEnd(machine: RunningMachine): Promise<MachineEnd | 'detached'> {
    if (this.options.detach === true) {
      this.wordlessTimer = setTimeout(() => {
        this.say('it has not said anything on its console yet');
        this.detach();
      }, wordlessMs);
    }
    return await Promise.race([machine.ended, this.detached]);
  }

  /** Not while the machine is being ended. */
  private detach(): void {
    if (this.decision !== undefined) return;
    if (this.machine?.detach === undefined) {
      this.say('this kind of machine cannot run on without its lkit');
      return;
    }
    this.machine.detach();
    this.onDetached();
  }

  private help(): string {
    const detach = this.machine?.detach === undefined ? '' : 'Ctrl-A D leaves it running; ';
    return `Ctrl-A X stops the machine and leaves; ${detach}Ctrl-A A sends Ctrl-A; power off: type poweroff`;
  }

  private openTerminal(): ConsoleBridge {
    return openTerminal(this.options.terminal, {
      onAction: (action) => {
        if (action === 'leave') this.end('left');
        else if (action === 'detach') this.detach();
        else this.say(this.help());
      },
      onOutput: (chunk) => {
        this.vitals.read(chunk);
      },
      onOutputClosed: () => {
        this.end('left');
      },
    });
  }

  private say(text: string): void {
    this.options.say(this.bridge?.midLine() === true ? `\n${text}` : text);
  }
}
