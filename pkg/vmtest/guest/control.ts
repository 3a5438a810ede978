import { connectGuest, type GuestControl as GuestConnection, MachineError } from '../../machine/index.ts';
import { VmTestError } from '../error.ts';
import type { CommandResult, GuestCommand, GuestControl } from './session.ts';

/** A guest that boots slowly is waited for as long as the test waits. */
const connectTimeoutMs = 2 ** 31 - 1;

/** The control channel of one machine: connected when it is first used, and for the rest of the test. */
export class ControlChannel {
  private readonly sockets: readonly string[];
  private connection: Promise<GuestConnection> | undefined;
  /** Ends what still waits when the machine is stopped. */
  private readonly closed = new AbortController();

  /** @param sockets `MachineSockets.agents` */
  constructor(sockets: readonly string[]) {
    this.sockets = sockets;
  }

  get isOpen(): boolean {
    return this.connection !== undefined;
  }

  /** @throws {VmTestError} `no-control` when the signal is aborted before the guest answers */
  async open(signal: AbortSignal): Promise<GuestControl> {
    this.connection ??= connectGuest(this.sockets, { timeoutMs: connectTimeoutMs, signal: this.closed.signal });
    const waiting = 'the guest has not answered on its control channel';
    const connection = await until(this.connection, signal, new VmTestError('no-control', waiting));
    return { run: (command) => run(connection, command) };
  }

  async close(): Promise<void> {
    this.closed.abort();
    const connection = await this.connection?.catch(() => undefined);
    await connection?.close();
  }
}

async function run(connection: GuestConnection, { command, service, signal }: GuestCommand): Promise<CommandResult> {
  try {
    const result = connection.run({ command, service, signal });
    // The guest may be beyond ending the command.
    return await until(result, signal, new VmTestError('guest-failed', 'the command had not ended'));
  } catch (error) {
    if (error instanceof MachineError) throw new VmTestError('guest-failed', error.message, { cause: error });
    throw error;
  }
}

async function until<T>(work: Promise<T>, signal: AbortSignal, late: VmTestError): Promise<T> {
  work.catch(() => undefined);
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(late);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
