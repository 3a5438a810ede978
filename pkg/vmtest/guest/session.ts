import type { MachineOutcome } from '../verdict.ts';
import type { ConsoleLog } from './console-log.ts';

/** A running machine as the steps of a test see it. */
export interface GuestSession {
  readonly console: ConsoleLog;
  /** The machine's end, unless it is stopped. Never rejects. */
  readonly ended: Promise<MachineOutcome>;
  /** Types at the console. */
  type(text: string): void;
  /** The host's address of a published port of the guest. */
  address(guestPort: number): { readonly host: string; readonly port: number };
  /** The control channel, as soon as the guest answers on it. */
  control(signal: AbortSignal): Promise<GuestControl>;
  /** Whether the control channel has been used. */
  hasControl(): boolean;
  /** Presses the power button. */
  powerDown(): Promise<void>;
  /** Ends the machine as a power cut would. */
  stop(): Promise<void>;
}

/** Runs commands inside the guest. */
export interface GuestControl {
  /** @throws {VmTestError} `guest-failed` when there is no such service, or it does not run */
  run(command: GuestCommand): Promise<CommandResult>;
}

export interface GuestCommand {
  /** A program and its arguments. */
  readonly command: readonly string[];
  /** The service to run it in; `undefined`: outside of all containers. */
  readonly service?: string | undefined;
  readonly signal: AbortSignal;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}
