import path from 'node:path';
import { Command } from 'commander';
import type { Backend, ForegroundRun, LaunchPlan, MachineRequest, PreparedMachine } from '../../pkg/machine/index.ts';
import { globalFlags, reporterFor } from './context.ts';
import { exitCodes } from './failure.ts';
import { machineRegistry } from './machines.ts';

/** The flags of `machineCommand`, and those with one meaning for every backend that has them. */
export interface MachineFlags {
  readonly mem: string;
  readonly cpus: string;
  readonly disk?: readonly string[];
  readonly state?: string;
  readonly serialLog?: string;
  readonly timeout?: string;
  readonly detached?: boolean;
  readonly exitCode?: boolean;
  readonly dryRun?: boolean;
  readonly share?: readonly string[];
  readonly virtiofs?: readonly string[];
  readonly data?: string;
  readonly dataFile?: string;
  readonly kernel?: boolean;
  readonly squashfs?: boolean;
  readonly erofs?: boolean;
  readonly iso?: boolean;
  readonly networking?: string;
  readonly publish?: readonly string[];
  readonly arch?: string;
  readonly uefi?: boolean;
  readonly fw?: string;
}

/** `lkit run BACKEND [NAME]` with the flags that every backend has. */
export function machineCommand(backend: string): Command {
  return new Command(backend)
    .argument('[name]', 'what `lkit build` wrote, by its prefix, or an ISO or disk image')
    .option('--mem <size>', 'memory: 512, 2048M, 2G', '1024')
    .option('--cpus <n>', 'processors', '1')
    .option('--disk <disk>', '[file=]PATH[,size=4G][,format=qcow2|raw]: made on first use; repeatable', append)
    .option('--share <folder>', 'DIR[:TAG][:ro]: a folder of this host, in the guest at /mnt/TAG; repeatable', append)
    .option('--data <text>', 'metadata for the guest, on an optical disc as the file "config"')
    .option('--data-file <file>', 'the same, from a file')
    .option('--state <dir>', 'folder for what outlives the run (default: NAME-state)')
    .option('--serial-log <file>', 'write the console to this file as well (default: in the state folder)')
    .option('--timeout <time>', 'stop the machine, and fail, after 90, 90s, 5m')
    .option('--dry-run', 'print the command line and do nothing');
}

/** Collects a repeatable flag. Without a default value, which the help would show. */
export function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function resolved(file: string | undefined): string | undefined {
  return file === undefined ? undefined : path.resolve(file);
}

export interface MachineInvocation {
  readonly name: string | undefined;
  readonly flags: MachineFlags;
  readonly command: Command;
  /** Whether the backend's machines can run on without their lkit. @default false */
  readonly canRunOn?: boolean;
  /** What a backend takes otherwise than the flags say. */
  readonly request?: Partial<Pick<MachineRequest, 'diskFormats' | 'firmware' | 'hostArch' | 'networking'>>;
}

/** Prepares the machine that the flags ask for and runs it to its end on the backend that `backendFor` makes. */
export async function runMachine<Facts, Plan extends LaunchPlan>(
  { name, flags, command, canRunOn, request }: MachineInvocation,
  backendFor: (
    prepared: PreparedMachine,
    notice: (text: string) => void,
    detail: (text: string) => void,
  ) => Backend<Facts, Plan> | Promise<Backend<Facts, Plan>>,
): Promise<void> {
  const lkit = await import('../../pkg/machine/index.ts');
  const reporter = reporterFor(globalFlags(command));
  const notice = (text: string): void => {
    reporter.info(text);
  };
  const imageKinds = (['kernel', 'squashfs', 'erofs', 'iso'] as const).filter((kind) => flags[kind] === true);
  if (imageKinds.length > 1) {
    const hint = 'Without any of them, lkit finds out what there is.';
    throw new lkit.MachineError('bad-options', `-${imageKinds.join(' and -')} exclude each other`, {
      kind: 'input',
      hint,
    });
  }
  if (flags.detached === true && flags.exitCode === true) {
    throw new lkit.MachineError('bad-options', '--exit-code waits for the end of the run, --detached does not', {
      kind: 'input',
      hint: 'Take one of the two.',
    });
  }
  const timeoutMs = flags.timeout === undefined ? undefined : lkit.parseTime(flags.timeout);
  const prepared = await lkit.prepareMachine({
    image: name,
    imageKind: imageKinds[0],
    folder: process.cwd(),
    arch: flags.arch === undefined ? undefined : lkit.parseArch(flags.arch),
    hostArch: lkit.knownArch(process.arch),
    memoryMiB: lkit.parseSize(flags.mem, 'M', '-mem'),
    cpus: lkit.parseCpus(flags.cpus),
    disks: flags.disk ?? [],
    networking: flags.networking ?? 'user',
    publish: flags.publish ?? [],
    shares: flags.share,
    virtiofs: flags.virtiofs,
    data: flags.data,
    dataFile: resolved(flags.dataFile),
    stateFolder: resolved(flags.state),
    firmware: flags.uefi === true || flags.fw !== undefined ? { file: resolved(flags.fw) } : undefined,
    terminal: process.stdout.isTTY ? process.stdout : undefined,
    exitCode: flags.exitCode,
    dryRun: flags.dryRun === true,
    notice,
    ...request,
  });
  const backend = await backendFor(prepared, notice, (text) => {
    reporter.debug(text);
  });
  const facts = await backend.inspect(prepared.machine);
  const plan = backend.plan(prepared.machine, facts);
  if (flags.dryRun === true) {
    for (const helper of plan.helpers ?? []) {
      process.stdout.write(`${lkit.quoteCommand([helper.program, ...helper.args])} &\n`);
    }
    process.stdout.write(`${lkit.quoteCommand([plan.program, ...plan.args])}\n`);
    return;
  }
  reporter.debug(lkit.quoteCommand([plan.program, ...plan.args]));
  const options = { backend, facts, timeoutMs, say: notice, now: () => new Date(), registry: machineRegistry() };
  if (flags.detached === true) {
    const end = await untilEnd(await lkit.runDetached(prepared, options));
    if (end !== 0) process.exitCode = end;
    return;
  }
  notice(process.stdin.isTTY ? terminalHint(canRunOn === true) : pipeHint);
  const terminal = { input: process.stdin, output: process.stdout };
  let end = await untilEnd(await lkit.runPrepared(prepared, { ...options, terminal }));
  if (end === 0 && flags.exitCode === true) end = await lkit.readExitCode(prepared.stateFolder);
  if (end !== 0) process.exitCode = end;
}

function terminalHint(canRunOn: boolean): string {
  const leave = `Ctrl-A, then X (stops the machine)${canRunOn ? ' or D (it runs on)' : ''}`;
  return `To leave: ${leave}. To power it off: type poweroff at its prompt.`;
}

const pipeHint = 'To stop the machine: interrupt lkit (Ctrl-C); it asks the guest to power off first.';

/** Passes signals on to the machine until it ends, and gives the exit code. */
async function untilEnd(run: ForegroundRun): Promise<number> {
  let signalCode: number = exitCodes.interrupted;
  const interrupt = (): void => {
    run.interrupt();
  };
  const terminate = (signal: NodeJS.Signals): void => {
    signalCode = signal === 'SIGHUP' ? 129 : 143;
    run.terminate();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', terminate).on('SIGHUP', terminate);
  try {
    const end = await run.finished;
    return end === 'interrupted' || end === 'terminated' ? signalCode : exitCodes.done;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', terminate).off('SIGHUP', terminate);
  }
}
