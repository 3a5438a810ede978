import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import type { ForegroundRun, MachineRequest } from '../../pkg/machine/index.ts';
import { globalFlags, reporterFor, storeDirectory } from './context.ts';
import { exitCodes } from './failure.ts';
import { machineRegistry } from './machines.ts';

interface QemuFlags {
  readonly mem: string;
  readonly cpus: string;
  readonly disk?: readonly string[];
  readonly networking: string;
  readonly publish?: readonly string[];
  readonly arch?: string;
  readonly accel?: string;
  readonly qemu?: string;
  readonly device?: readonly string[];
  readonly qemuOpts?: readonly string[];
  readonly uefi?: boolean;
  readonly fw?: string;
  readonly state?: string;
  readonly serialLog?: string;
  readonly timeout?: string;
  readonly detached?: boolean;
  readonly exitCode?: boolean;
  readonly dryRun?: boolean;
}

/** `lkit run [BACKEND] [NAME]`. */
export function runCommand(): Command {
  return new Command('run')
    .description('boot an image, with its serial console in this terminal')
    .usage('[backend] [options] [name]')
    .addCommand(qemuCommand(), { isDefault: true })
    .addHelpText(
      'after',
      `
Without a backend: qemu. Its options: lkit run qemu --help

Examples:
  lkit run qemu minimal
  lkit run -mem 2G minimal`,
    );
}

function qemuCommand(): Command {
  return new Command('qemu')
    .description('boot an image under QEMU')
    .argument('[name]', 'what `lkit build` wrote, by its prefix, or an .iso, .qcow2, .img or .raw file')
    .option('--mem <size>', 'memory: 512, 2048M, 2G', '1024')
    .option('--cpus <n>', 'processors', '1')
    .option('--disk <disk>', '[file=]PATH[,size=4G][,format=qcow2|raw]: made on first use; repeatable', append)
    .option('--networking <kind>', 'user, none, bridge,NAME or tap,NAME', 'user')
    .option('--publish <ports>', 'HOST:GUEST[/tcp|udp]: reach a port of the guest on this host; repeatable', append)
    .option('--arch <arch>', 'x86_64, aarch64 or riscv64 (default: what the kernel is for)')
    .option('--accel <accel>', 'auto, kvm, hvf, tcg or as QEMU has it: kvm:tcg ($LKIT_ACCEL)')
    .option('--qemu <path>', 'the QEMU program')
    .option('--device <device>', 'a -device of QEMU; repeatable', append)
    .option('--qemu-opts <options>', 'more options of QEMU, quoted as for a shell; repeatable', append)
    .option('--uefi', 'boot an .iso or disk image through UEFI')
    .option('--fw <file>', 'the firmware to boot through')
    .option('--state <dir>', 'folder for what outlives the run (default: NAME-state)')
    .option('--serial-log <file>', 'write the console to this file as well (default: in the state folder)')
    .option('--timeout <time>', 'stop the machine, and fail, after 90, 90s, 5m')
    .option('--detached', 'leave the machine running when it has started: lkit ps, console, exec, stop')
    .option('--exit-code', 'exit with the code that a program in the guest gives: lkit-exit CODE')
    .option('--dry-run', 'print the QEMU command line and do nothing')
    .addHelpText(
      'after',
      `
One dash will do as well: -mem 2048.
At the console: Ctrl-A X stops the machine and leaves; Ctrl-A D leaves it running; Ctrl-A A sends Ctrl-A. Ctrl-C is the guest's.

Examples:
  lkit run qemu minimal
  lkit run qemu -mem 2G -cpus 2 -disk data.qcow2,size=4G minimal
  lkit run qemu -publish 8080:80 web`,
    )
    .action(runQemu);
}

/** Without a default value, which the help would show. */
function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function runQemu(name: string | undefined, flags: QemuFlags, command: Command): Promise<void> {
  const lkit = await import('../../pkg/machine/index.ts');
  const all = globalFlags(command);
  const reporter = reporterFor(all);
  const notice = (text: string): void => {
    reporter.info(text);
  };
  const { LKIT_ACCEL, LINUXKIT_QEMU_ACCEL } = process.env;
  const accelerator = lkit.parseAccelerator(flags.accel ?? (LKIT_ACCEL || LINUXKIT_QEMU_ACCEL || 'auto'));
  const timeoutMs = flags.timeout === undefined ? undefined : lkit.parseTime(flags.timeout);
  const extraArgs = (flags.qemuOpts ?? []).flatMap(lkit.splitWords);
  const hostArch = lkit.knownArch(process.arch);
  if (flags.detached === true && flags.exitCode === true) {
    throw new lkit.MachineError('bad-options', '--exit-code waits for the end of the run, --detached does not', {
      kind: 'input',
      hint: 'Take one of the two.',
    });
  }
  const request: MachineRequest = {
    image: name,
    folder: process.cwd(),
    arch: flags.arch === undefined ? undefined : lkit.parseArch(flags.arch),
    hostArch,
    memoryMiB: lkit.parseSize(flags.mem, 'M', '-mem'),
    cpus: lkit.parseCpus(flags.cpus),
    disks: flags.disk ?? [],
    networking: flags.networking,
    publish: flags.publish ?? [],
    stateFolder: resolved(flags.state),
    firmware: flags.uefi === true || flags.fw !== undefined ? { file: resolved(flags.fw) } : undefined,
    terminal: process.stdout.isTTY ? process.stdout : undefined,
    dryRun: flags.dryRun === true,
    notice,
  };
  const prepared = await lkit.prepareMachine(request);
  const backend = lkit.qemuBackend({
    accelerator,
    program: resolved(flags.qemu),
    extraArgs,
    devices: flags.device ?? [],
    stateFolder: prepared.stateFolder,
    consoleLog: resolved(flags.serialLog),
    verdictFile: path.join(storeDirectory(all), 'accelerator.json'),
    temporaryFolder: tmpdir(),
    exitCode: flags.exitCode,
    host: { platform: process.platform, arch: hostArch },
    notice,
  });
  const facts = await backend.inspect(prepared.machine);
  const plan = backend.plan(prepared.machine, facts);
  if (flags.dryRun === true) {
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
  notice(process.stdin.isTTY ? terminalHint : pipeHint);
  const terminal = { input: process.stdin, output: process.stdout };
  let end = await untilEnd(await lkit.runPrepared(prepared, { ...options, terminal }));
  if (end === 0 && flags.exitCode === true) end = await lkit.readExitCode(prepared.stateFolder);
  if (end !== 0) process.exitCode = end;
}

const terminalHint =
  'To leave: Ctrl-A, then X (stops the machine) or D (it runs on). To power it off: type poweroff at its prompt.';
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

function resolved(file: string | undefined): string | undefined {
  return file === undefined ? undefined : path.resolve(file);
}
