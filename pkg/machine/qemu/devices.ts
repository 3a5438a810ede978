import type { Arch, DiskImage, MachineSpec, MediumBoot, Network } from '../types.ts';
import { escape } from './escape.ts';

/** The medium that the firmware boots. */
export function bootMediumArguments(boot: MediumBoot, arch: Arch): readonly string[] {
  // QEMU calls .vhd by the name of the program that had it first, Virtual PC.
  const format = boot.format === 'vhd' ? 'vpc' : boot.format;
  const drive = `if=none,id=boot,file=${escape(boot.file)},format=${format}`;
  if (boot.kind === 'disk') return ['-drive', drive, '-device', 'virtio-blk-pci,drive=boot,bootindex=0'];
  return [
    ...['-drive', `${drive},media=cdrom,readonly=on`],
    // What other systems' installers look for, where the machine has such a bus.
    ...(arch === 'x86_64' ? ['-device', 'ide-cd,drive=boot,bootindex=0'] : [...scsi, ...scsiDisc('boot,bootindex=0')]),
  ];
}

export function diskArguments(disk: DiskImage, index: number): readonly string[] {
  const access = disk.readOnly === true ? 'readonly=on' : 'discard=unmap';
  const drive = `if=none,id=disk${index},file=${escape(disk.path)},format=${disk.format},${access}`;
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=disk${index}`];
}

/** On SCSI, which every machine can have and whose drivers are small: `/dev/sr0`. */
export function discArguments({ discs = [], boot, arch }: MachineSpec): readonly string[] {
  if (discs.length === 0) return [];
  const hasScsi = boot.kind === 'iso' && arch !== 'x86_64';
  return [
    ...(hasScsi ? [] : scsi),
    ...discs.flatMap((file, index) => [
      ...['-drive', `if=none,id=disc${index},file=${escape(file)},format=raw,media=cdrom,readonly=on`],
      ...scsiDisc(`disc${index}`),
    ]),
  ];
}

const scsi = ['-device', 'virtio-scsi-pci,id=scsi'];

function scsiDisc(drive: string): readonly string[] {
  return ['-device', `scsi-cd,bus=scsi.0,drive=${drive}`];
}

/** @param platform the host's, as Node.js names it */
export function networkArguments({ network, identity }: MachineSpec, platform: string): readonly string[] {
  if (network.kind === 'none') return [];
  // The empty romfile: nobody boots from the network, and loading the boot ROM takes time.
  return ['-netdev', netdev(network, platform), '-device', `virtio-net-pci,netdev=net0,mac=${identity.mac},romfile=`];
}

function netdev(network: Exclude<Network, { readonly kind: 'none' }>, platform: string): string {
  switch (network.kind) {
    case 'bridge':
      return platform === 'darwin'
        ? `vmnet-bridged,id=net0,ifname=${network.name}`
        : `bridge,id=net0,br=${network.name}`;
    case 'tap':
      return `tap,id=net0,ifname=${network.name},script=no,downscript=no`;
    case 'user':
      return [
        'user,id=net0',
        ...network.publish.map((p) => `hostfwd=${p.protocol}:${p.address}:${p.host}-:${p.guest}`),
      ].join(',');
  }
}

/** What connects the guest's agents with lkit. The guest makes queues for `max_ports`, of which one is never used. */
export function portArguments(agents: readonly string[], exitCodeFile: string | undefined): readonly string[] {
  const ports = agents.map((socket, index) => ({
    id: `agent${index}`,
    name: `org.lkit.agent.${index}`,
    backend: `socket,id=agent${index},path=${escape(socket)},server=on,wait=off`,
  }));
  if (exitCodeFile !== undefined) {
    ports.push({ id: 'exit', name: 'org.lkit.exit', backend: `file,id=exit,path=${escape(exitCodeFile)}` });
  }
  return [
    ...['-device', `virtio-serial-pci,max_ports=${ports.length + 1}`],
    ...ports.flatMap(({ id, name, backend }) => [
      ...['-chardev', backend],
      // The id is what QEMU's VSERPORT_CHANGE tells of.
      ...['-device', `virtserialport,id=${id},chardev=${id},name=${name}`],
    ]),
  ];
}

/** No screen at all, or one in a window of the host's, with a keyboard. */
export function displayArguments(
  arch: Arch,
  { gui, platform }: { readonly gui: boolean; readonly platform: string },
): readonly string[] {
  if (!gui) return ['-display', 'none'];
  const window = ['-display', platform === 'darwin' ? 'cocoa' : 'gtk'];
  // A PC has a keyboard.
  if (arch === 'x86_64') return [...window, '-vga', 'std'];
  return [...window, ...['virtio-gpu-pci', 'virtio-keyboard-pci', 'virtio-tablet-pci'].flatMap((d) => ['-device', d])];
}
