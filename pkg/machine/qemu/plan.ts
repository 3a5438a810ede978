import type { LaunchPlan, MachineSockets } from '../backend.ts';
import type { Arch, Boot, DiskImage, MachineSpec, Network } from '../types.ts';
import type { Accelerator } from './accelerator.ts';
import { processorArguments } from './hardware.ts';

/** What planning a QEMU command line takes besides the machine. */
export interface QemuFacts {
  /** The path of qemu-system-ARCH. */
  readonly program: string;
  readonly arch: Arch;
  readonly accelerator: Accelerator;
  /** Whether a machine is known to have booted under this accelerator on this host. */
  readonly confirmed: boolean;
  readonly sockets: MachineSockets;
  readonly consoleLog: string;
  readonly programLog: string;
  /** The file that takes the exit code that the guest gives to its run, where one is wanted. */
  readonly exitCodeFile?: string | undefined;
  /** QEMU arguments of the user's own; later ones win in QEMU, so these come last. */
  readonly extraArgs: readonly string[];
  /** The user's `-device` values. */
  readonly devices: readonly string[];
}

/** The command line that runs `machine`. Pure: the same values always give the same words. */
export function planQemu(machine: MachineSpec, facts: QemuFacts): LaunchPlan {
  const { sockets, consoleLog, programLog, accelerator } = facts;
  return {
    program: facts.program,
    args: [
      ...['-name', escape(machine.name), '-uuid', machine.identity.uuid],
      ...processorArguments(machine.arch, accelerator),
      ...['-smp', String(machine.cpus), '-m', `${machine.memoryMiB}M`],
      // Nothing that was not asked for: no floppy, no VGA, and none of the user's own configuration files.
      ...['-no-user-config', '-nodefaults', '-display', 'none'],
      // A guest that reboots, as after a kernel panic, would do so forever.
      '-no-reboot',
      ...bootArguments(machine.boot),
      ...machine.disks.flatMap(diskArguments),
      // Without it a guest waits minutes for the first random number.
      ...['-object', 'rng-random,id=rng0,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng0'],
      ...networkArguments(machine.network, machine.identity.mac),
      // The guest starts (QMP's `cont`) when lkit listens: not one byte of the console, not one event is lost.
      '-S',
      ...[
        '-chardev',
        `socket,id=console,path=${escape(sockets.console)},server=on,wait=off,logfile=${escape(consoleLog)}`,
      ],
      ...['-serial', 'chardev:console'],
      ...['-chardev', `socket,id=control,path=${escape(sockets.control)},server=on,wait=off`],
      ...['-mon', 'chardev=control,mode=control'],
      ...portArguments(sockets.agents, facts.exitCodeFile),
      ...facts.devices.flatMap((device) => ['-device', device]),
      ...facts.extraArgs,
    ],
    sockets,
    consoleLog,
    programLog,
    trusted: !accelerator.chosen || accelerator.name === 'tcg' || facts.confirmed,
  };
}

function bootArguments(boot: Boot): readonly string[] {
  if (boot.kind === 'kernel') return ['-kernel', boot.kernel, '-initrd', boot.initrd, '-append', boot.cmdline];
  const firmware = boot.firmware === undefined ? [] : ['-bios', boot.firmware];
  const drive = `if=none,id=boot,file=${escape(boot.file)},format=${boot.format}`;
  return boot.kind === 'iso'
    ? [...firmware, '-drive', `${drive},media=cdrom,readonly=on`, '-device', 'ide-cd,drive=boot,bootindex=0']
    : [...firmware, '-drive', drive, '-device', 'virtio-blk-pci,drive=boot,bootindex=0'];
}

function diskArguments(disk: DiskImage, index: number): readonly string[] {
  const drive = `if=none,id=disk${index},file=${escape(disk.path)},format=${disk.format},discard=unmap`;
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=disk${index}`];
}

function networkArguments(network: Network, mac: string): readonly string[] {
  if (network.kind === 'none') return [];
  // The empty romfile: nobody boots from the network, and loading the boot ROM takes time.
  return ['-netdev', netdev(network), '-device', `virtio-net-pci,netdev=net0,mac=${mac},romfile=`];
}

function netdev(network: Exclude<Network, { readonly kind: 'none' }>): string {
  switch (network.kind) {
    case 'bridge':
      return `bridge,id=net0,br=${network.name}`;
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
function portArguments(agents: readonly string[], exitCodeFile: string | undefined): readonly string[] {
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
      ...['-device', `virtserialport,chardev=${id},name=${name}`],
    ]),
  ];
}

/** A value inside QEMU's comma-separated lists, where a comma is written twice. */
function escape(value: string): string {
  return value.replaceAll(',', ',,');
}
