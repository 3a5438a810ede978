import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { append, machineCommand, type MachineFlags, resolved, runMachine } from './run-machine.ts';

interface VfkitFlags extends MachineFlags {
  readonly networking: string;
  readonly vsockPorts?: string;
  readonly vfkit?: string;
}

/** `lkit run vfkit [NAME]`. `host` is this one, as `process` has it. */
export function vfkitCommand(host = { platform: process.platform as string, arch: process.arch as string }): Command {
  return machineCommand('vfkit')
    .description('boot an image under vfkit, on a Mac')
    .option('--networking <kind>', 'vmnet (behind the address of this host) or none', 'vmnet')
    .option('--kernel', 'boot NAME-kernel with NAME-initrd.img, and nothing else of that name')
    .option('--virtiofs <dir>', 'a folder of this host, tagged virtiofs0, virtiofs1, …; repeatable', append)
    .option('--vsock-ports <ports>', 'ports of the guest, each a socket vsock.PORT in the state folder: 1024,62000')
    .option('--vfkit <path>', 'the vfkit program')
    .addHelpText(
      'after',
      `
One dash will do as well: -mem 2048. Disks are raw; ISO and disk images boot through the UEFI firmware of macOS.

Examples:
  lkit run vfkit minimal
  lkit run vfkit -mem 2G -cpus 2 -disk data.raw,size=4G minimal
  lkit run vfkit installer.iso`,
    )
    .action(async (name: string | undefined, flags: VfkitFlags, command: Command) => {
      const lkit = await import('../../pkg/machine/index.ts');
      const vsockPorts = flags.vsockPorts === undefined ? [] : lkit.parseVsockPorts(flags.vsockPorts);
      const networking = lkit.parseVfkitNetwork(flags.networking);
      const arch = lkit.knownArch(host.arch);
      const request = { diskFormats: 'by-name', firmware: 'built-in', hostArch: arch, networking } as const;
      await runMachine({ name, flags, command, request }, ({ stateFolder }) =>
        lkit.vfkitBackend({
          program: resolved(flags.vfkit),
          searchPath: process.env['PATH'] ?? '',
          vsockPorts,
          stateFolder,
          consoleLog: resolved(flags.serialLog),
          temporaryFolder: tmpdir(),
          host: { platform: host.platform, arch },
        }),
      );
    });
}
