import type { Socket } from 'node:net';
import { MachineError } from '../error.ts';

export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface QmpMessage extends Partial<QmpEvent> {
  readonly QMP?: unknown;
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A line longer than this is not QMP. */
const longestLine = 1024 * 1024;

/**
 * A client of QEMU's monitor protocol: one JSON value a line, answers matched to commands by id, events in between.
 * https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
export class QmpClient {
  private readonly socket: Socket;
  private readonly onEvent: (event: QmpEvent) => void;
  private readonly pending = new Map<number, Pending>();
  private readonly greeted: Promise<void>;
  private greet: () => void = () => undefined;
  private lastId = 0;
  private buffered = '';
  private closedBy: MachineError | undefined;

  private constructor(socket: Socket, onEvent: (event: QmpEvent) => void) {
    this.socket = socket;
    this.onEvent = onEvent;
    this.greeted = new Promise((resolve) => (this.greet = resolve));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.receive(text);
    });
    socket.on('error', (error) => {
      this.close(new MachineError('monitor-failed', `QEMU's monitor: ${error.message}`, { cause: error }));
    });
    socket.on('close', () => {
      this.close(new MachineError('monitor-failed', "QEMU's monitor was closed"));
    });
  }

  /**
   * Takes a connected socket, waits for the greeting and leaves negotiation mode.
   *
   * @throws {MachineError} `monitor-failed`
   */
  static async open(socket: Socket, onEvent: (event: QmpEvent) => void): Promise<QmpClient> {
    const client = new QmpClient(socket, onEvent);
    const closed = new Promise<void>((resolve) => socket.once('close', resolve));
    await Promise.race([client.greeted, closed]);
    await client.execute('qmp_capabilities');
    return client;
  }

  /** @throws {MachineError} `monitor-failed` when QEMU refuses the command, or is gone before it answers */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.closedBy !== undefined) {
        reject(this.closedBy);
        return;
      }
      const id = ++this.lastId;
      this.pending.set(id, { command, resolve, reject });
      this.socket.write(`${JSON.stringify({ execute: command, id, ...(args && { arguments: args }) })}\n`);
    });
  }

  end(): void {
    this.socket.destroy();
  }

  private receive(text: string): void {
    this.buffered += text;
    const lines = this.buffered.split('\n');
    this.buffered = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.handleLine(line);
    if (this.buffered.length > longestLine) this.notQmp(this.buffered.slice(0, 80));
  }

  private handleLine(line: string): void {
    let message: QmpMessage;
    try {
      message = JSON.parse(line) as QmpMessage;
    } catch {
      this.notQmp(line);
      return;
    }
    if (message.event !== undefined) this.onEvent({ ...message, event: message.event });
    else if (message.QMP !== undefined) this.greet();
    else this.settle(message);
  }

  private settle({ id, error, return: value }: QmpMessage): void {
    const waiting = id === undefined ? undefined : this.pending.get(id);
    if (id === undefined || waiting === undefined) return;
    this.pending.delete(id);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(new MachineError('monitor-failed', `QEMU refused ${waiting.command}: ${error.desc}`));
  }

  private notQmp(line: string): void {
    this.close(new MachineError('monitor-failed', `QEMU's monitor said what is not QMP: ${line.slice(0, 80)}`));
    this.socket.destroy();
  }

  private close(reason: MachineError): void {
    this.closedBy ??= reason;
    for (const { reject } of this.pending.values()) reject(this.closedBy);
    this.pending.clear();
  }
}
