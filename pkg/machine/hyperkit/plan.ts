import path from 'node:path';
import type { HelperProgram, LaunchPlan } from '../backend.ts';
import { badInput } from '../error.ts';
import { bootDisk, withoutComma } from '../mac.ts';
import type { Boot, DiskImage, MachineSpec, PublishedPort } from '../types.ts';
import type { HyperkitNetwork } from './network.ts';

/** What planning a hyperkit command line takes besides the machine. */
export interface HyperkitFacts {
  readonly program: string;
  /** The path of vpnkit, for a network of kind `own-vpnkit`. */
  readonly vpnkit: string | undefined;
  readonly network: Connection;
  /** The address that the guest shall have; only vpnkit can give it one. */
  readonly address: string | undefined;
  /** By which vpnkit knows the guest. @default the machine's */
  readonly vpnkitUuid: string | undefined;
  readonly vsockPorts: readonly number[];
  readonly diskDriver: DiskDriver;
  /** Whether the console is left to others, on a pseudo-terminal that the file `tty` names. */
  readonly consoleInFile: boolean;
  /** Absolute. */
  readonly stateFolder: string;
  /** Where sockets are made; short enough for their names. */
  readonly socketFolder: string;
  readonly consoleLog: string;
}

/** `virtio-blk` is `/dev/vda` in the guest, `ahci-hd` `/dev/sda`. */
export type DiskDriver = 'virtio-blk' | 'ahci-hd';

/** A network with the sockets of its vpnkit. */
export interface Connection {
  readonly kind: HyperkitNetwork['kind'];
  readonly ethernet?: string;
  readonly ports?: string;
}

export interface HyperkitPlan extends LaunchPlan {
  readonly pidFile: string;
  readonly socketFolder: string;
  /** What the helpers make, and leave behind when they are killed. */
  readonly helperSockets: readonly string[];
  readonly consoleInFile: boolean;
  readonly publish: PortRequest | undefined;
}

/** Ports to open on the host before the guest starts. */
export interface PortRequest {
  /** vpnkit's control socket and what is spoken there: see ports.ts. */
  readonly socket: string;
  readonly protocol: '9p' | 'http';
  /** Where in the guest its ports are. */
  readonly guest: string;
  readonly ports: readonly PublishedPort[];
}

const guestCid = 3;
/** Where the guest's vpnkit-forwarder listens. */
const forwarderPort = 62373;
/** Slot 0 is the bridge to the host, slot 31 the LPC bus. */
const lastFreeSlot = 30;

/**
 * The command line that runs `machine`, in LinuxKit's order. Pure.
 * https://github.com/moby/hyperkit/blob/master/src/hyperkit.c and go/hyperkit.go there.
 *
 * @throws {MachineError} `bad-options`, `bad-path`, `bad-port`, `bad-share`
 */
export function planHyperkit(machine: MachineSpec, facts: HyperkitFacts): HyperkitPlan {
  const { stateFolder, socketFolder, network } = facts;
  const { uuid } = machine.identity;
  const own = network.kind === 'own-vpnkit';
  const pidFile = path.join(stateFolder, 'hyperkit.pid');
  const devices = deviceArguments(machine, facts);
  if (devices.length > lastFreeSlot) {
    const message = `hyperkit has ${lastFreeSlot} slots for devices; this machine needs ${devices.length}`;
    throw badInput('bad-options', message, 'Give it fewer disks.');
  }
  return {
    program: facts.program,
    args: [
      ...['-A', '-u', '-F', pidFile],
      ...['-c', String(machine.cpus), '-m', `${machine.memoryMiB}M`],
      ...['-s', '0:0,hostbridge', '-s', '31,lpc', '-U', uuid],
      ...devices.flatMap((device, index) => ['-s', `${index + 1}:0,${device}`]),
      ...['-l', facts.consoleInFile ? consoleInFile(stateFolder) : 'com1,stdio'],
      ...['-f', firmware(machine.boot)],
    ],
    helpers: own ? [vpnkitCommand(facts)] : [],
    sockets: {},
    consoleLog: facts.consoleLog,
    programLog: path.join(stateFolder, 'hyperkit.log'),
    trusted: true,
    pidFile,
    socketFolder,
    helperSockets: own ? [network.ethernet, network.ports].filter((socket) => socket !== undefined) : [],
    consoleInFile: facts.consoleInFile,
    publish: portRequest(machine, facts),
  };
}

function deviceArguments(machine: MachineSpec, facts: HyperkitFacts): readonly string[] {
  const { network, address, socketFolder, diskDriver } = facts;
  const { boot, disks, discs = [], shares = [] } = machine;
  if (shares.length > 0) {
    throw badInput('bad-share', 'hyperkit shares no folders', `QEMU does: lkit run qemu ${machine.name}`);
  }
  const share = network.kind === 'own-vpnkit' || network.kind === 'vpnkit' ? network.ports : undefined;
  const vsockPorts = [...facts.vsockPorts, ...(share === undefined ? [] : [forwarderPort])];
  const forwards = vsockPorts.length === 0 ? '' : `,guest_forwards=${vsockPorts.join(';')}`;
  const plain = (file: string): string => withoutComma(file, 'hyperkit');
  return [
    ...(network.ethernet === undefined
      ? []
      : [
          `virtio-vpnkit,path=${plain(network.ethernet)},uuid=${facts.vpnkitUuid ?? machine.identity.uuid}` +
            (address === undefined ? '' : `,preferred_ipv4=${address}`),
        ]),
    ...(network.kind === 'vmnet' ? ['virtio-net'] : []),
    ...(boot.kind === 'disk' ? [disk(bootDisk(boot, 'hyperkit'), diskDriver)] : []),
    ...disks.map((each) => disk(each, diskDriver)),
    `virtio-sock,guest_cid=${guestCid},path=${plain(socketFolder)}${forwards}`,
    ...[...(boot.kind === 'iso' ? [boot.file] : []), ...discs].map((file) => `ahci-cd,${plain(file)}`),
    'virtio-rnd',
    ...(share === undefined ? [] : [`virtio-9p,path=${plain(share)},tag=port`]),
  ];
}

function disk({ path: file, format, readOnly = false }: DiskImage, driver: DiskDriver): string {
  withoutComma(file, 'hyperkit');
  // The disk that the kernel's `root=/dev/vda` means.
  if (readOnly) return `virtio-blk,${file},ro`;
  if (format === 'raw') return `${driver},${file}`;
  // `sync=os`: what the guest flushes, the host has. Freed clusters stay in the file.
  const config = 'discard=false;compact_after_unmaps=0;keep_erased=0;runtime_asserts=false';
  return `${driver},file://${encodeURI(file)}?sync=os&buffered=1,format=qcow,qcow-config=${config}`;
}

function consoleInFile(stateFolder: string): string {
  const at = (name: string): string => withoutComma(path.join(stateFolder, name), 'hyperkit');
  return `com1,autopty=${at('tty')},log=${at('console-ring')}`;
}

function firmware(boot: Boot): string {
  if (boot.kind === 'kernel') {
    const kernel = withoutComma(boot.kernel, 'hyperkit');
    const initrd = withoutComma(boot.initrd ?? '', 'hyperkit');
    return `kexec,${kernel},${initrd},earlyprintk=serial ${boot.cmdline}`;
  }
  if (boot.firmware !== undefined) return `bootrom,${withoutComma(boot.firmware, 'hyperkit')},,`;
  throw badInput('bad-options', `hyperkit boots ${boot.file} through UEFI only`, 'Add -uefi.');
}

function vpnkitCommand({ vpnkit = 'vpnkit', network, socketFolder, stateFolder }: HyperkitFacts): HelperProgram {
  const { ethernet = '', ports = '' } = network;
  const connect = path.join(socketFolder, 'connect');
  return {
    program: vpnkit,
    args: ['--ethernet', ethernet, '--vsock-path', connect, '--port', ports],
    socket: ethernet,
    log: path.join(stateFolder, 'vpnkit.log'),
  };
}

function portRequest(
  { network }: MachineSpec,
  { network: connection, address }: HyperkitFacts,
): PortRequest | undefined {
  const ports = network.kind === 'user' ? network.publish : [];
  if (ports.length === 0) return undefined;
  const { kind, ports: socket } = connection;
  if (socket === undefined) {
    const hint = 'Use -networking vpnkit, or vpnkit,ETHERNET-SOCKET,PORT-SOCKET.';
    throw badInput('bad-port', `-publish needs the port socket of a vpnkit, which -networking ${kind} has not`, hint);
  }
  // A machine's own vpnkit reaches a forwarder in the guest, for which the loopback address is the guest; Docker's
  // reaches one in another machine.
  if (kind !== 'docker-for-mac') return { socket, protocol: '9p', guest: address ?? '127.0.0.1', ports };
  if (address !== undefined) return { socket, protocol: 'http', guest: address, ports };
  const hint = 'Choose one of the network of Docker Desktop: -ip 192.168.65.100';
  throw badInput('bad-port', "-publish needs the guest's address with -networking docker-for-mac", hint);
}
