import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { MachineError } from '../error.ts';
import { type GuestFrame, GuestReader, guestLine } from './frames.ts';
import { GuestRun } from './run.ts';

export interface GuestCommand {
  /** Program and arguments; a shell only where it is named. No argument holds a NUL. */
  readonly command: readonly string[];
  /** The service in whose container it runs. @default the guest itself */
  readonly service?: string | undefined;
  /** Its standard input, read as fast as the command takes it. @default empty */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes a piece of the output instead of `GuestResult.stdout`; the next one comes when its promise is settled.
   */
  readonly onStdout?: ((piece: Buffer) => Promise<void> | void) | undefined;
  readonly onStderr?: ((piece: Buffer) => Promise<void> | void) | undefined;
}

export interface GuestResult {
  /** 128 + N for a command that signal N ended; 127 for a program that is not there, 255 in a service. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A connection to the agent of one machine. */
export interface GuestControl {
  /**
   * Runs a command to its end; after those that this client was asked to run before.
   *
   * @throws {MachineError} `guest-lost`, `guest-timed-out`, `no-service`, `service-not-running`, `too-much-output`
   * @throws the signal's reason, or what `stdin` threw
   */
  run(command: GuestCommand): Promise<GuestResult>;
  /** Begins an orderly shutdown and does not wait for its end. */
  powerOff(): Promise<void>;
  /** Kills what still runs. */
  close(): Promise<void>;
}

/** How long the guest has to kill a command. */
const killMs = 10_000;

export class GuestConnection implements GuestControl {
  private readonly socket: Socket;
  private readonly reader = new GuestReader();
  private readonly release: () => Promise<void>;
  private readonly received: Promise<void>;
  private queue: Promise<unknown> = Promise.resolve();
  private current: GuestRun | undefined;
  private runs = 0;
  private onHello: () => void = () => undefined;
  private lostBy: MachineError | undefined;

  /** @param release gives back the right to the socket */
  constructor(socket: Socket, release: () => Promise<void>) {
    this.socket = socket;
    this.release = release;
    this.received = this.receive();
  }

  /** Greets the agent, which ends whatever it was doing. False when it has not answered before `signal` is aborted. */
  async greet(signal: AbortSignal): Promise<boolean> {
    if (this.lostBy !== undefined) return false;
    const nonce = randomBytes(8).toString('hex');
    this.reader.expectHello(nonce);
    const answered = new Promise<boolean>((resolve) => {
      this.onHello = () => {
        resolve(true);
      };
      signal.addEventListener('abort', () => {
        resolve(false);
      });
    });
    const lost = this.received.then(() => false);
    // Whatever was being sent ends with this line.
    this.socket.write(`\n${guestLine('hello', nonce)}`);
    return await Promise.race([answered, lost]);
  }

  run(command: GuestCommand): Promise<GuestResult> {
    const result = this.queue.then(() => this.runNow(command));
    this.queue = result.catch(() => undefined);
    return result;
  }

  async powerOff(): Promise<void> {
    try {
      await this.run({ command: ['poweroff'] });
    } catch (error) {
      // The agent is among the first to end.
      if (!(error instanceof MachineError) || error.code !== 'guest-lost') throw error;
    }
  }

  async close(): Promise<void> {
    this.lose(lost('it was closed'));
    this.socket.destroy();
    await this.received;
    await this.release();
  }

  private async runNow(command: GuestCommand): Promise<GuestResult> {
    command.signal?.throwIfAborted();
    if (this.lostBy !== undefined) throw this.lostBy;
    const run = new GuestRun(++this.runs, command, (data) => this.send(data));
    this.current = run;
    try {
      return await run.toEnd();
    } catch (error) {
      if (!run.hasEnded && !(await this.greet(AbortSignal.timeout(killMs)))) {
        this.lose(lost('it does not answer any more'));
      }
      throw error;
    } finally {
      this.current = undefined;
    }
  }

  /** Resolves when the data is on its way, so that no more than one piece of input waits in memory. */
  private send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(data, () => {
        resolve();
      });
    });
  }

  private async receive(): Promise<void> {
    try {
      for await (const chunk of this.socket) {
        for (const frame of this.reader.read(chunk as Buffer)) await this.handle(frame);
      }
      this.lose(lost('the machine has ended, or is ending'));
    } catch (error) {
      this.lose(error instanceof MachineError ? error : lost(String(error)));
    }
  }

  private async handle(frame: GuestFrame): Promise<void> {
    if (frame.kind === 'hello') this.onHello();
    else if (this.current?.id === frame.run) await this.current.handle(frame);
  }

  private lose(reason: MachineError): void {
    this.lostBy ??= reason;
    this.current?.fail(this.lostBy);
    this.socket.destroy();
  }
}

function lost(why: string): MachineError {
  return new MachineError('guest-lost', `the connection to the guest was lost: ${why}`);
}
