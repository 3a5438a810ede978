import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { globalFlags, storeDirectory } from './context.ts';
import { append, machineCommand, type MachineFlags, resolved, runMachine } from './run-machine.ts';

interface QemuFlags extends MachineFlags {
  readonly accel?: string;
  readonly qemu?: string;
  readonly device?: readonly string[];
  readonly qemuOpts?: readonly string[];
}

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
    .option('--uefi', 'boot an .iso or disk image through UEFI')
    .option('--fw <file>', 'the firmware to boot through')
    .addHelpText(
      'after',
      `
One dash will do as well: -mem 2048.
At the console: Ctrl-A X stops the machine and leaves; Ctrl-A A sends Ctrl-A. Ctrl-C is the guest's.

Examples:
  lkit run qemu minimal
  lkit run qemu -mem 2G -cpus 2 -disk data.qcow2,size=4G minimal
  lkit run qemu -publish 8080:80 web`,
    )
    .action(runQemu);
}

async function runQemu(name: string | undefined, flags: QemuFlags, command: Command): Promise<void> {
  const lkit = await import('../../pkg/machine/index.ts');
  const { LKIT_ACCEL, LINUXKIT_QEMU_ACCEL } = process.env;
  const accelerator = lkit.parseAccelerator(flags.accel ?? (LKIT_ACCEL || LINUXKIT_QEMU_ACCEL || 'auto'));
  const extraArgs = (flags.qemuOpts ?? []).flatMap(lkit.splitWords);
  await runMachine({ name, flags, command }, ({ stateFolder }, notice) =>
    lkit.qemuBackend({
      accelerator,
      program: resolved(flags.qemu),
      extraArgs,
      devices: flags.device ?? [],
      stateFolder,
      consoleLog: resolved(flags.serialLog),
      verdictFile: path.join(storeDirectory(globalFlags(command)), 'accelerator.json'),
      temporaryFolder: tmpdir(),
      host: { platform: process.platform, arch: lkit.knownArch(process.arch) },
      notice,
    }),
  );
}
