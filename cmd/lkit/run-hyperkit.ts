import { homedir, tmpdir } from 'node:os';
import { type Command, Option } from 'commander';
import type { DiskDriver } from '../../pkg/machine/index.ts';
import { append, machineCommand, type MachineFlags, resolved, runMachine } from './run-machine.ts';

interface HyperkitFlags extends MachineFlags {
  readonly networking: string;
  readonly diskDriver: DiskDriver;
  readonly iso?: boolean;
  readonly ip?: string;
  readonly vsockPorts?: string;
  readonly consoleFile?: boolean;
  readonly hyperkit?: string;
  readonly vpnkit?: string;
  readonly vpnkitUuid?: string;
}

/** Docker Desktop's. */
const defaultFirmware = '/Applications/Docker.app/Contents/Resources/uefi/UEFI.fd';

/** `lkit run hyperkit [NAME]`. `host` is this one, as `process` has it. */
export function hyperkitCommand(
  host = { platform: process.platform as string, arch: process.arch as string },
): Command {
  return machineCommand('hyperkit')
    .description('boot an image under hyperkit, on a Mac with an Intel processor')
    .option(
      '--networking <kind>',
      'docker-for-mac, vpnkit (one of its own), vpnkit,ETHERNET-SOCKET[,PORT-SOCKET], vmnet (as root) or none',
      'docker-for-mac',
    )
    .option('--publish <ports>', 'HOST:GUEST[/tcp|udp]: reach a port of the guest on this host; repeatable', append)
    .option('--ip <address>', 'the IPv4 address that vpnkit is to give the guest')
    .option('--vsock-ports <ports>', 'ports of the guest, each a socket guest.PORT in the state folder: 1024,62000')
    .addOption(
      new Option('--disk-driver <driver>', 'disks are /dev/vda … or, with ahci-hd, /dev/sda …')
        .choices(['virtio-blk', 'ahci-hd'])
        .default('virtio-blk'),
    )
    .option('--kernel', 'boot NAME-kernel with NAME-initrd.img, and nothing else of that name')
    .option('--squashfs', 'boot NAME-kernel with NAME-squashfs.img, a disk, as its root')
    .option('--iso', 'boot NAME.iso; needs --uefi')
    .option('--uefi', 'boot an .iso or disk image through UEFI')
    .option('--fw <file>', `the firmware to boot through (default: ${defaultFirmware})`)
    .option('--console-file', 'leave the console to a pseudo-terminal, named in STATE/tty, and to STATE/console-ring')
    .option('--hyperkit <path>', 'the hyperkit program')
    .option('--vpnkit <path>', 'the vpnkit program')
    .option('--vpnkit-uuid <uuid>', "by which vpnkit knows the guest (default: the machine's own)")
    .addHelpText(
      'after',
      `
One dash will do as well: -mem 2048.

Examples:
  lkit run hyperkit -networking vpnkit minimal
  lkit run hyperkit -networking vpnkit -publish 8080:80 web
  lkit run hyperkit -networking none -disk size=4G -console-file minimal
  lkit run hyperkit -networking none -iso -uefi installer`,
    )
    .action(async (name: string | undefined, flags: HyperkitFlags, command: Command) => {
      const lkit = await import('../../pkg/machine/index.ts');
      const network = lkit.parseHyperkitNetwork(flags.networking, process.cwd());
      const address = flags.ip === undefined ? undefined : lkit.parseAddress(flags.ip);
      const vpnkitUuid = flags.vpnkitUuid === undefined ? undefined : lkit.parseUuid(flags.vpnkitUuid);
      const vsockPorts = flags.vsockPorts === undefined ? [] : lkit.parseVsockPorts(flags.vsockPorts);
      const isoName = flags.iso === true && name !== undefined && !name.endsWith('.iso') ? `${name}.iso` : name;
      const throughUefi = flags.uefi === true || flags.fw !== undefined;
      const firmware = throughUefi ? { file: resolved(flags.fw) ?? defaultFirmware } : undefined;
      const arch = lkit.knownArch(host.arch);
      // Whether ports can be published is for the backend to say, which knows its networks.
      const request = { diskFormats: 'by-name', firmware, hostArch: arch, networking: 'user' } as const;
      await runMachine({ name: isoName, flags, command, request }, ({ stateFolder }, notice) =>
        lkit.hyperkitBackend({
          program: resolved(flags.hyperkit),
          vpnkit: resolved(flags.vpnkit),
          searchPath: process.env['PATH'] ?? '',
          network,
          address,
          vpnkitUuid,
          vsockPorts,
          diskDriver: flags.diskDriver,
          consoleInFile: flags.consoleFile === true,
          stateFolder,
          consoleLog: resolved(flags.serialLog),
          temporaryFolder: tmpdir(),
          homeFolder: homedir(),
          host: { platform: host.platform, arch },
          notice,
        }),
      );
    });
}
