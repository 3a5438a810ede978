import { MachineError } from '../error.ts';
import type { GuestCommand, GuestResult } from './control.ts';
import { type GuestFrame, guestLine, type Refusal } from './frames.ts';

/** A piece of input passes through a file in the guest's memory. */
const longestInput = 256 * 1024;
/** Output that is not taken piece by piece is held in memory. */
const longestOutput = 64 * 1024 * 1024;

type RunFrame = Exclude<GuestFrame, { readonly kind: 'hello' }>;

/** One command in the guest, from the line that starts it to its exit code. */
export class GuestRun {
  readonly id: number;
  /** Whether the guest has told of its end. */
  hasEnded = false;
  private readonly command: GuestCommand;
  private readonly send: (data: string | Uint8Array) => Promise<void>;
  private readonly output = { out: [] as Buffer[], err: [] as Buffer[] };
  private outputBytes = 0;
  private readonly exited: Promise<number>;
  private resolve!: (exitCode: number) => void;
  private onAck: () => void = () => undefined;
  /** Ends the run with an error. */
  fail!: (reason: unknown) => void;

  constructor(id: number, command: GuestCommand, send: (data: string | Uint8Array) => Promise<void>) {
    this.id = id;
    this.command = command;
    this.send = send;
    this.exited = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
    this.exited.catch(() => undefined);
  }

  async toEnd(): Promise<GuestResult> {
    const { command, service = '', stdin, timeoutMs, signal } = this.command;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            this.timeOut(timeoutMs);
          }, timeoutMs);
    const abort = (): void => {
      this.fail(signal?.reason);
    };
    signal?.addEventListener('abort', abort);
    try {
      await this.send(guestLine('run', this.id, stdin === undefined ? 'null' : 'pipe', service, ...command));
      if (stdin !== undefined) this.feed(stdin).catch(this.fail);
      const exitCode = await this.exited;
      return { exitCode, stdout: Buffer.concat(this.output.out), stderr: Buffer.concat(this.output.err) };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Settled when the next frame may come. */
  async handle(frame: RunFrame): Promise<void> {
    switch (frame.kind) {
      case 'out':
        await this.take(frame.bytes, this.output.out, this.command.onStdout);
        break;
      case 'err':
        await this.take(frame.bytes, this.output.err, this.command.onStderr);
        break;
      case 'ack':
        this.onAck();
        break;
      case 'exit':
        this.hasEnded = true;
        this.resolve(frame.exitCode);
        break;
      case 'refused':
        this.hasEnded = true;
        this.fail(refusal(frame.reason, this.command.service ?? ''));
    }
  }

  private async take(bytes: Buffer, kept: Buffer[], handler: GuestCommand['onStdout']): Promise<void> {
    if (handler !== undefined) {
      try {
        // A reader that has fallen asleep does not keep the run from being ended.
        await Promise.race([handler(bytes), this.exited]);
      } catch (error) {
        this.fail(error);
      }
      return;
    }
    this.outputBytes += bytes.length;
    if (this.outputBytes > longestOutput) {
      const text = `${this.command.command[0] ?? ''} printed more than ${longestOutput / 1024 / 1024} MiB`;
      this.fail(new MachineError('too-much-output', text));
    } else {
      kept.push(bytes);
    }
  }

  /** One piece after the other: the guest says when it has written it, so the command's pace is that of the sender. */
  private async feed(stdin: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of stdin) {
      for (let start = 0; start < chunk.length; start += longestInput) {
        const piece = chunk.subarray(start, start + longestInput);
        const taken = new Promise<void>((resolve) => (this.onAck = resolve));
        // In one, or the line of a later run could come in between.
        await this.send(Buffer.concat([Buffer.from(guestLine('in', this.id, piece.length)), piece]));
        // Rejected when the run has failed: then nothing is read any more.
        await Promise.race([taken, this.exited]);
        if (this.hasEnded) return;
      }
    }
    await this.send(guestLine('eof', this.id));
  }

  private timeOut(timeoutMs: number): void {
    const text = `${this.command.command.join(' ')} had not ended after ${timeoutMs / 1000} s and was killed`;
    this.fail(new MachineError('guest-timed-out', text));
  }
}

function refusal(reason: Refusal, service: string): MachineError {
  if (reason === 'no-service') {
    return new MachineError('no-service', `there is no service ${service} in the guest`, {
      kind: 'input',
      hint: 'Its services: lkit exec NAME -- service ls',
    });
  }
  return new MachineError('service-not-running', `the service ${service} does not run`, {
    hint: 'Why: lkit exec NAME -- service status, and lkit exec NAME -- service logs',
  });
}
