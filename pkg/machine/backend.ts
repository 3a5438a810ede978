import type { Duplex } from 'node:stream';
import type { ProcessIdentity } from './process.ts';
import type { MachineSpec } from './types.ts';

/**
 * What runs machines. `Facts` is what a backend must know about the host to plan: found out once, by `inspect`, so that
 * `plan` is pure and its result can be printed instead of started.
 */
export interface Backend<Facts = unknown, Plan extends LaunchPlan = LaunchPlan> {
  readonly name: string;
  inspect(machine: MachineSpec): Promise<Facts>;
  plan(machine: MachineSpec, facts: Facts): Plan;
  start(plan: Plan): Promise<RunningMachine>;
  /**
   * After a machine that never said a word: other facts to try again with, or `undefined` where there is no other way.
   * What was learnt is remembered. Only a backend that plans what is not trusted needs it.
   */
  fallBack?(facts: Facts, reason: string): Promise<Facts | undefined>;
  /** After a machine's first word: what `inspect` assumed about the host holds. Goes with `fallBack`. */
  confirm?(facts: Facts): Promise<void>;
}

/** A command line, and where the machine that it starts can be talked to. */
export interface LaunchPlan {
  readonly program: string;
  readonly args: readonly string[];
  /** What has to run before it, and ends with it. */
  readonly helpers?: readonly HelperProgram[];
  readonly sockets: MachineSockets;
  /** The file that takes the console's output. */
  readonly consoleLog: string;
  /** The file that takes what the program itself prints. */
  readonly programLog: string;
  /** Whether the guest waits for a debugger, instead of for lkit, to let it go. */
  readonly heldBack?: boolean;
  /** False for a start about which something was guessed: then silence is taken for a failure of `fallBack`'s kind. */
  readonly trusted: boolean;
}

/** A program that serves the machine's own one through a unix socket; once that is there, it is ready. */
export interface HelperProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly socket: string;
  /** The file to which what it prints is added. */
  readonly log: string;
}

/** Unix sockets through which other programs reach a running machine: those that its backend has. */
export interface MachineSockets {
  /** The serial console. One client at a time. */
  readonly console?: string;
  /** The hypervisor's own control. */
  readonly control?: string;
  /** Where pkg:init's agents answer, any of them: for `connectGuest`. One client at a time each. */
  readonly agents?: readonly string[];
}

export interface RunningMachine {
  readonly process: ProcessIdentity;
  /** The serial console's bytes, from the first one on. */
  readonly console: Duplex;
  readonly ended: Promise<MachineEnd>;
  /** Settled when an agent listens in the guest, where the backend is told so; otherwise never. */
  readonly agentAnswers?: Promise<void>;
  /** The milliseconds of processor time used so far, where the host tells. */
  processorMs(): Promise<number | undefined>;
  /** Asks the guest to power off: through its agent or, where none answers, by its power button. It may not do so. */
  powerDown(): Promise<void>;
  /** Lets go of the machine, which runs on when this process ends. Absent where it cannot. */
  detach?(): void;
  /** Ends the machine as a power cut would, the disks' images intact. Waits for the end. */
  stop(): Promise<void>;
}

export interface MachineEnd {
  /**
   * `powered-off` and `reset` are the guest's doing, `stopped` lkit's, `killed` another program's; `failed`: the
   * program gave up.
   */
  readonly how: 'powered-off' | 'reset' | 'panicked' | 'stopped' | 'killed' | 'failed';
  /** For `killed` and `failed`: what is known about the reason. */
  readonly detail: string;
}
