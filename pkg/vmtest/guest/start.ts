import path from 'node:path';
import { PassThrough } from 'node:stream';
import {
  type Accelerator,
  type Arch,
  type ForegroundRun,
  MachineError,
  prepareMachine,
  type PreparedMachine,
  qemuBackend,
  quoteCommand,
  runPrepared,
} from '../../machine/index.ts';
import { VmTestError } from '../error.ts';
import type { TestMachine } from '../types.ts';
import type { MachineOutcome } from '../verdict.ts';
import { type ConsoleLine, ConsoleLog } from './console-log.ts';
import { ControlChannel } from './control.ts';
import { choosePorts, type HostPort } from './ports.ts';
import type { GuestSession } from './session.ts';

/** What all machines of a run share. */
export interface MachineSettings {
  /** `undefined` lets lkit find out. */
  readonly accelerator: Accelerator | undefined;
  /** The file that keeps accelerator verdicts between runs. */
  readonly verdictFile: string;
  readonly temporaryFolder: string;
  readonly host: { readonly platform: string; readonly arch: Arch | undefined };
  /** Milliseconds from any fixed moment. */
  readonly now: () => number;
  readonly date: () => Date;
  /** Told, in one line each, what the user may want to know. */
  readonly notice: (text: string) => void;
}

export interface MachineToStart extends TestMachine {
  /** What `lkit run` takes as its name, absolute. */
  readonly image: string;
  /** Takes the machine's state and `console.log`; must exist. */
  readonly folder: string;
  readonly onLine: (line: ConsoleLine) => void;
}

export interface StartedSession extends GuestSession {
  /** The command that started it, quoted for a shell. */
  readonly command: string;
}

/** The output of all containers on the console, each line with its container's name. */
const logsOnConsole = 'lkit.console_logs=1';

/**
 * Starts a machine without a terminal.
 *
 * @throws {MachineError} when it cannot be run as asked
 */
export async function startMachine(
  wanted: MachineToStart,
  settings: MachineSettings,
  inspectInTurn: <T>(inspect: () => Promise<T>) => Promise<T>,
): Promise<StartedSession> {
  const { folder, onLine } = wanted;
  const ports = await choosePorts(wanted.publish);
  const prepared = await prepare(wanted, settings, ports);
  const throwaway = prepared.machine.boot.kind === 'kernel' ? [] : ['-snapshot'];
  const backend = qemuBackend({
    ...settings,
    program: undefined,
    extraArgs: throwaway,
    devices: [],
    stateFolder: prepared.stateFolder,
    consoleLog: path.join(folder, 'console.log'),
  });
  const facts = await inspectInTurn(() => backend.inspect(prepared.machine));
  const plan = backend.plan(prepared.machine, facts);
  const startedAt = settings.now();
  const console = new ConsoleLog(() => settings.now() - startedAt, onLine);
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  terminal.output.on('data', (chunk: Buffer) => {
    console.append(chunk);
  });
  const run = await runPrepared(prepared, { backend, facts, terminal, say: () => undefined, now: settings.date });
  return {
    command: quoteCommand([plan.program, ...plan.args]),
    ...sessionOf(run, console, terminal.input, ports, new ControlChannel(plan.sockets.agents)),
  };
}

async function prepare(
  wanted: MachineToStart,
  { host, notice }: MachineSettings,
  ports: readonly HostPort[],
): Promise<PreparedMachine> {
  const { image, folder, memoryMiB, cpus, disks } = wanted;
  const prepared = await prepareMachine({
    ...{ image, folder, memoryMiB, cpus, disks, notice },
    arch: undefined,
    hostArch: host.arch,
    networking: 'user',
    publish: ports.map(({ publish }) => publish),
    stateFolder: path.join(folder, 'machine'),
    firmware: undefined,
    terminal: undefined,
    dryRun: false,
  });
  const { boot } = prepared.machine;
  if (boot.kind !== 'kernel') return prepared;
  const cmdline = [boot.cmdline, wanted.cmdline, logsOnConsole].filter((part) => part !== '').join(' ');
  return { ...prepared, machine: { ...prepared.machine, boot: { ...boot, cmdline } } };
}

function sessionOf(
  run: ForegroundRun,
  console: ConsoleLog,
  input: PassThrough,
  ports: readonly HostPort[],
  channel: ControlChannel,
): GuestSession {
  const finished = run.finished.then(
    () => undefined,
    () => undefined,
  );
  return {
    console,
    ended: outcomeOf(run),
    type(text) {
      input.write(text);
    },
    address(guestPort) {
      const found = ports.find(({ guest }) => guest === guestPort);
      if (found === undefined) throw new VmTestError('no-control', `port ${guestPort} is not published`);
      return found;
    },
    control: (signal) => channel.open(signal),
    hasControl: () => channel.isOpen,
    powerDown: () => run.powerDown(),
    async stop() {
      run.terminate();
      await finished;
      await channel.close();
    },
  };
}

async function outcomeOf({ finished }: ForegroundRun): Promise<MachineOutcome> {
  try {
    const end = await finished;
    return end === 'reset' ? { kind: 'reset', message: 'the guest restarted' } : { kind: 'powered-off', message: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof MachineError)) return { kind: 'failed', message };
    if (error.code === 'guest-panicked') return { kind: 'panicked', message };
    return { kind: error.code === 'boot-halted' ? 'halted' : 'failed', message };
  }
}
