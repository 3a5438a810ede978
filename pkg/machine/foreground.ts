import type { Backend, LaunchPlan, MachineEnd, RunningMachine } from './backend.ts';
import { type ConsoleBridge, type ConsoleSign, ConsoleWatch, openTerminal, type Terminal } from './console/index.ts';
import { MachineError } from './error.ts';

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
   * Leaves the machine alone after its first word, or when it has not said any for a minute.
   *
   * @default false
   */
  readonly detach?: boolean;
  /** Told what happens outside of the guest, one line each. */
  readonly say: (text: string) => void;
  /** Told when the machine runs, and again for the next one when the first had to be replaced. */
  readonly onStart: (machine: RunningMachine, plan: LaunchPlan) => Promise<void>;
}

/** How a run that did not fail came to its end. */
export type RunEnd = 'powered-off' | 'reset' | 'left' | 'interrupted' | 'terminated' | 'detached';

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
/** A panicking kernel is given this long to prove that it was a line of an old log. */
const panicQuietMs = 1_000;
/** A guest that has computed for so long without one word is not booting. */
const silentProcessorMs = 15_000;
/** A guest that merely has nothing to say leaves its processor idle; a busy host gives a hung one less than all of it. */
const busyShare = 0.25;
const silenceCheckMs = 1_000;

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

/** Why lkit itself brought the machine to its end. */
type Decision = 'left' | 'interrupted' | 'terminated' | 'timed-out' | 'panicked' | 'silent';

class Run {
  private readonly options: ForegroundOptions;
  private machine: RunningMachine | undefined;
  private decision: Decision | undefined;
  private heard = false;
  private panic: string | undefined;
  private bridge: ConsoleBridge | undefined;
  private halted: string | undefined;
  private onFirstByte: () => Promise<void> = () => Promise.resolve();
  private panicTimer: NodeJS.Timeout | undefined;
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
        if (!attempt.trusted) this.onFirstByte = async () => backend.confirm?.(tried);
        const end = await this.attempt(backend, attempt, async (machine) => {
          // First: from the first byte on, who sees the console can find the machine.
          await this.options.onStart(machine, attempt);
          this.bridge ??= this.openTerminal();
          this.bridge.attach(machine.console);
        });
        if (end === 'detached') return end;
        await this.bridge?.drained();
        const reason = this.reasonToFallBack(attempt, end);
        const next = reason === undefined ? undefined : await backend.fallBack?.(facts, reason);
        if (next === undefined) return this.judge(end);
        facts = next;
        this.decision = undefined;
        this.onFirstByte = () => Promise.resolve();
      }
    } finally {
      for (const each of [timer, this.panicTimer, this.powerTimer, this.wordlessTimer]) clearTimeout(each);
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
    const silence = plan.trusted ? undefined : this.watchSilence(machine);
    try {
      await started(machine);
      if (this.decision !== undefined) await machine.stop();
      return await this.untilEnd(machine);
    } catch (error) {
      await machine.stop();
      throw error;
    } finally {
      clearInterval(silence);
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
    const watch = new ConsoleWatch();
    return openTerminal(this.options.terminal, {
      onAction: (action) => {
        if (action === 'leave') this.end('left');
        else if (action === 'detach') this.detach();
        else this.say(this.help());
      },
      onOutput: (chunk) => {
        for (const sign of watch.read(chunk)) this.consider(sign);
      },
      onOutputClosed: () => {
        this.end('left');
      },
    });
  }

  private consider(sign: ConsoleSign): void {
    switch (sign.kind) {
      case 'first-byte':
        this.heard = true;
        void this.onFirstByte()
          .catch(() => undefined)
          .then(() => {
            if (this.options.detach === true) this.detach();
          });
        break;
      case 'halted':
        this.halted = sign.line;
        break;
      case 'life':
        this.panic = undefined;
        clearTimeout(this.panicTimer);
        break;
      case 'panic':
        this.panic = sign.line;
        clearTimeout(this.panicTimer);
        if (!sign.final) break;
        this.panicTimer = setTimeout(() => {
          this.end('panicked');
        }, panicQuietMs);
    }
  }

  private say(text: string): void {
    this.options.say(this.bridge?.midLine() === true ? `\n${text}` : text);
  }

  private watchSilence(machine: RunningMachine): NodeJS.Timeout {
    const limitMs = this.options.silentProcessorMs ?? silentProcessorMs;
    let elapsedMs = 0;
    return setInterval(() => {
      elapsedMs += silenceCheckMs;
      void machine.processorMs().then((usedMs) => {
        if (this.heard || usedMs === undefined) return;
        if (usedMs >= limitMs && usedMs >= elapsedMs * busyShare) this.end('silent');
      });
    }, silenceCheckMs);
  }

  private reasonToFallBack(plan: LaunchPlan, end: MachineEnd): string | undefined {
    if (plan.trusted || this.heard) return undefined;
    if (this.decision === 'silent') return 'guest hung';
    return this.decision === undefined && end.how === 'failed' ? end.detail : undefined;
  }

  private judge(end: MachineEnd): RunEnd {
    const { decision, panic, halted } = this;
    if (decision === 'timed-out') {
      const seconds = (this.options.timeoutMs ?? 0) / 1000;
      throw new MachineError('timed-out', `the machine had not ended after ${seconds} s and was stopped`, {
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
}
