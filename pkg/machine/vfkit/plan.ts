import path from 'node:path';
import type { LaunchPlan, MachineSockets } from '../backend.ts';
import { badInput } from '../error.ts';
import { bootDisk, requireInitrd, withoutComma } from '../mac.ts';
import type { Boot, DiskImage, MachineSpec, Network, Share } from '../types.ts';

/** What planning a vfkit command line takes besides the machine. */
export interface VfkitFacts {
  readonly program: string;
  /** Ports of the guest, each reached on the host through the socket `vsock.PORT`. */
  readonly vsockPorts: readonly number[];
  /** Absolute. */
  readonly stateFolder: string;
  /** Where sockets are made; short enough for their names. */
  readonly socketFolder: string;
  readonly consoleLog: string;
}

export interface VfkitPlan extends LaunchPlan {
  readonly sockets: MachineSockets & { readonly control: string };
}

/**
 * The command line that runs `machine`. Pure. https://github.com/crc-org/vfkit/blob/main/doc/usage.md
 *
 * @throws {MachineError} `bad-network`, `bad-port`, `bad-disk`, `bad-path`, `bad-share`,
 *   `bad-options`
 */
export function planVfkit(machine: MachineSpec, facts: VfkitFacts): VfkitPlan {
  const control = path.join(facts.socketFolder, 'vfkit.sock');
  return {
    program: facts.program,
    args: [
      ...['--cpus', String(machine.cpus), '--memory', String(machine.memoryMiB)],
      ...['--bootloader', bootloader(machine.boot, facts.stateFolder)],
      ...deviceArguments(machine, facts).flatMap((device) => ['--device', device]),
      ...['--restful-uri', `unix://${encodeURI(control)}`],
    ],
    sockets: { control },
    consoleLog: facts.consoleLog,
    programLog: path.join(facts.stateFolder, 'vfkit.log'),
    trusted: true,
  };
}

function bootloader(boot: Boot, stateFolder: string): string {
  if (boot.kind !== 'kernel') {
    if (boot.firmware !== undefined) {
      const hint = 'Leave -uefi and -fw out.';
      throw badInput('bad-options', 'vfkit boots through the UEFI firmware of macOS and no other', hint);
    }
    return `efi,variable-store=${withoutComma(path.join(stateFolder, 'efi-variables'), 'vfkit')},create`;
  }
  const initrd = requireInitrd(boot, 'vfkit');
  const files = [`kernel=${withoutComma(boot.kernel, 'vfkit')}`, `initrd=${withoutComma(initrd, 'vfkit')}`];
  return `linux,${files.join(',')},cmdline="${kernelArguments(boot.cmdline)}"`;
}

/** The console is a virtio device, and the last one named is the guest's /dev/console. */
function kernelArguments(cmdline: string): string {
  const words = cmdline.split(/\s+/).filter((word) => word !== '' && word !== 'console=hvc0');
  const whole = [...words, 'console=hvc0'].join(' ');
  // Within the quotes that protect commas nothing can protect a quote.
  if (!whole.includes('"') || !whole.includes(',')) return whole;
  const hint = 'Leave one of them out under "kernel: cmdline:".';
  throw badInput('bad-options', 'vfkit takes no kernel command line with both a quote and a comma', hint);
}

function deviceArguments(machine: MachineSpec, facts: VfkitFacts): readonly string[] {
  const { boot, disks, discs = [], shares = [], network, identity } = machine;
  const plain = (file: string): string => withoutComma(file, 'vfkit');
  return [
    'virtio-rng',
    'virtio-serial,pty',
    ...networkDevices(network, identity.mac),
    ...(boot.kind === 'disk' ? [disk(bootDisk(boot, 'vfkit'))] : []),
    ...(boot.kind === 'iso' ? [disc(boot.file)] : []),
    ...disks.map(disk),
    ...discs.map(disc),
    ...shares.map(shareDevice),
    ...facts.vsockPorts.map((port) => {
      const socket = plain(path.join(facts.socketFolder, `vsock.${port}`));
      return `virtio-vsock,port=${port},socketURL=${socket},connect`;
    }),
  ];
}

function networkDevices(network: Network, mac: string): readonly string[] {
  if (network.kind === 'none') return [];
  if (network.kind !== 'user') {
    throw badInput('bad-network', `vfkit has no network of kind ${network.kind}`, 'One of: vmnet, none.');
  }
  if (network.publish.length === 0) return [`virtio-net,nat,mac=${mac}`];
  const hint = `The guest has an address of its own: look for ${mac} in /var/db/dhcpd_leases.`;
  throw badInput('bad-port', 'vfkit publishes no ports of the guest', hint);
}

function disk({ path: file, format }: DiskImage): string {
  if (format === 'raw') return `virtio-blk,path=${withoutComma(file, 'vfkit')}`;
  const hint = `Convert it: qemu-img convert -O raw ${file} NEW.raw`;
  throw badInput('bad-disk', `vfkit takes raw disks only; ${file} is ${format}`, hint);
}

/** Virtualization.framework has no optical drives; a guest mounts this one as well. */
function disc(file: string): string {
  return `usb-mass-storage,path=${withoutComma(file, 'vfkit')},readonly`;
}

function shareDevice({ folder, tag, readOnly }: Share): string {
  if (!readOnly) return `virtio-fs,sharedDir=${withoutComma(folder, 'vfkit')},mountTag=${tag}`;
  const hint = 'Share a copy of it, or run the machine under QEMU, which can.';
  throw badInput('bad-share', `vfkit cannot keep the guest from writing to ${folder}`, hint);
}
