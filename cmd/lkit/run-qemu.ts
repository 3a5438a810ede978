import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { globalFlags, storeDirectory } from './context.ts';
import { append, machineCommand, type MachineFlags, resolved, runMachine } from './run-machine.ts';

interface QemuFlags extends MachineFlags {
  readonly accel?: string;
  readonly qemu?: string;
  readonly device?: readonly string[];
  readonly qemuOpts?: readonly string[];
  readonly virtiofsd?: string;
  readonly gui?: boolean;
  readonly usb?: boolean;
  readonly gdb?: string;
  readonly pidfile?: string;
}

const defaultGdbPort = '1234';

/** `lkit run qemu [NAME]`. */
export function qemuCommand(): Command {
  return machineCommand('qemu')
    .description('boot an image under QEMU')
    .option('--networking <kind>', 'user, none, bridge,NAME or tap,NAME', 'user')
    .option('--publish <ports>', 'HOST:GUEST[/tcp|udp]: reach a port of the guest on this host; repeatable', append)
    .option('--arch <arch>', 'x86_64, aarch64 or riscv64 (default: what the kernel is for)')
    .option('--accel <accel>', 'auto, kvm, hvf, tcg or as QEMU has it: kvm:tcg ($LKIT_ACCEL)')
    .option('--qemu <path>', 'the QEMU program')
    .option('--device <device>', 'a -device of QEMU; repeatable', append)
    .option('--qemu-opts <options>', 'more options of QEMU, quoted as for a shell; repeatable', append)
    .option('--kernel', 'boot NAME-kernel with NAME-initrd.img or its root on a disk, and nothing else of that name')
    .option('--squashfs', 'boot NAME-kernel with NAME-squashfs.img, a disk, as its root')
    .option('--erofs', 'the same with NAME-erofs.img')
    .option('--iso', 'boot NAME, or NAME.iso, as an optical disc, or NAME-kernel with NAME-root.iso as its root')
    .option('--uefi', 'boot through UEFI')
    .option('--fw <file>', 'the firmware to boot through')
    .option(
      '--virtiofs <dir>',
      'a folder of this host through virtiofsd, tagged virtiofs0, virtiofs1, …; repeatable',
      append,
    )
    .option('--virtiofsd <path>', 'the virtiofsd program; none: --share takes 9p alone')
    .option('--gui', 'a window with a screen and a keyboard')
    .option('--usb', 'a USB controller, for -device usb-…')
    .addOption(new Option('--gdb [port]', 'start only when gdb says so').preset(defaultGdbPort))
    .option('--detached', 'leave the machine running when it has started: lkit ps, console, exec, stop')
    .option('--exit-code', 'exit with the code that a program in the guest gives: lkit-exit CODE')
    .option('--pidfile <file>', 'write the process id of QEMU to this file (default: in the state folder)')
    .addHelpText(
      'after',
      `
One dash will do as well: -mem 2048.
At the console: Ctrl-A X stops the machine and leaves; Ctrl-A D leaves it running; Ctrl-A A sends Ctrl-A. Ctrl-C is the guest's.

Examples:
  lkit run qemu minimal
  lkit run qemu -mem 2G -cpus 2 -disk data.qcow2,size=4G minimal
  lkit run qemu -publish 8080:80 web
  lkit run qemu -share ./src -data-file config.json minimal
  lkit run qemu -uefi minimal-efi.iso`,
    )
    .action(runQemu);
}

async function runQemu(name: string | undefined, flags: QemuFlags, command: Command): Promise<void> {
  const lkit = await import('../../pkg/machine/index.ts');
  const { LKIT_ACCEL, LINUXKIT_QEMU_ACCEL } = process.env;
  const accelerator = lkit.parseAccelerator(flags.accel ?? (LKIT_ACCEL || LINUXKIT_QEMU_ACCEL || 'auto'));
  const extraArgs = (flags.qemuOpts ?? []).flatMap(lkit.splitWords);
  const gdbPort = flags.gdb === undefined ? undefined : lkit.parsePort(flags.gdb, '-gdb');
  const hostArch = lkit.knownArch(process.arch);
  await runMachine({ name, flags, command, canRunOn: true }, async ({ machine, stateFolder }, notice, detail) => {
    if (gdbPort !== undefined && flags.dryRun !== true) {
      await lkit.checkPortsFree([{ address: '127.0.0.1', host: gdbPort, protocol: 'tcp' }]);
      notice(`The guest waits for: ${await lkit.gdbCommand(machine, gdbPort, hostArch)}`);
    }
    return lkit.qemuBackend({
      accelerator,
      program: programPath(flags.qemu),
      virtiofsd: programPath(flags.virtiofsd),
      extraArgs,
      devices: flags.device ?? [],
      gui: flags.gui === true,
      usb: flags.usb === true,
      gdbPort,
      stateFolder,
      consoleLog: resolved(flags.serialLog),
      pidFile: resolved(flags.pidfile),
      exitCode: flags.exitCode,
      verdictFile: path.join(storeDirectory(globalFlags(command)), 'accelerator.json'),
      temporaryFolder: tmpdir(),
      host: { platform: process.platform, arch: hostArch },
      notice,
      detail,
    });
  });
}

/** A name without a slash is looked for in PATH, as in a shell. */
function programPath(named: string | undefined): string | undefined {
  return named?.includes('/') === true ? path.resolve(named) : named;
}
