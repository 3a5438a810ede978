import path from 'node:path';
import { requireTool } from '../../host/index.ts';
import type { Backend } from '../backend.ts';
import { badInput, MachineError } from '../error.ts';
import { fileExists } from '../file-exists.ts';
import { requireKernelFormat } from '../kernel-format.ts';
import { type Host, requireMac } from '../mac.ts';
import { socketFolder } from '../sockets.ts';
import type { HyperkitNetwork } from './network.ts';
import { type Connection, type DiskDriver, type HyperkitFacts, type HyperkitPlan, planHyperkit } from './plan.ts';
import { startHyperkit } from './start.ts';

export interface HyperkitSettings {
  /** The paths of the programs, when they are not to be looked for. */
  readonly program: string | undefined;
  readonly vpnkit: string | undefined;
  /** Where programs are looked for, as in $PATH. */
  readonly searchPath: string;
  readonly network: HyperkitNetwork;
  /** The guest's IPv4 address, see `parseAddress`. */
  readonly address: string | undefined;
  /** By which vpnkit knows the guest. @default the machine's */
  readonly vpnkitUuid: string | undefined;
  readonly vsockPorts: readonly number[];
  readonly diskDriver: DiskDriver;
  /** Leave the console to others, on a pseudo-terminal, and its last 64 KiB in a file. */
  readonly consoleInFile: boolean;
  /** Absolute. */
  readonly stateFolder: string;
  /** The console's log, when it is not to be in the state folder. */
  readonly consoleLog: string | undefined;
  readonly temporaryFolder: string;
  readonly homeFolder: string;
  readonly host: Host;
  readonly notice: (text: string) => void;
}

/** The longest name that hyperkit gives a socket: CID.PORT, both in hexadecimal. */
const longestSocketName = '00000003.00000000';
/** Where Docker Desktop keeps its hyperkit. */
const dockersPrograms = '/Applications/Docker.app/Contents/Resources/bin';

/** hyperkit, on Macs with an Intel processor: https://github.com/moby/hyperkit */
export function hyperkitBackend(settings: HyperkitSettings): Backend<HyperkitFacts, HyperkitPlan> {
  return {
    name: 'hyperkit',
    async inspect(machine) {
      requireMac(settings.host, 'hyperkit', machine, ['x86_64']);
      await requireKernelFormat(machine, 'hyperkit', 'bzImage');
      const { network, address, vpnkitUuid, vsockPorts, diskDriver, consoleInFile, stateFolder } = settings;
      if (address !== undefined && (network.kind === 'none' || network.kind === 'vmnet')) {
        throw badInput('bad-network', `-ip does not go with -networking ${network.kind}`, 'Use -networking vpnkit.');
      }
      const folders = `${settings.searchPath}${path.delimiter}${dockersPrograms}`;
      const sockets = socketFolder(stateFolder, settings.temporaryFolder, longestSocketName);
      const ring = path.join(stateFolder, 'console-ring');
      if (consoleInFile) settings.notice(`the console: screen "$(cat ${path.join(stateFolder, 'tty')})"`);
      return {
        program: settings.program ?? (await requireTool('hyperkit', folders)),
        vpnkit: settings.vpnkit ?? (network.kind === 'own-vpnkit' ? await requireTool('vpnkit', folders) : undefined),
        network: await connection(network, sockets, settings.homeFolder),
        address,
        vpnkitUuid,
        vsockPorts,
        diskDriver,
        consoleInFile,
        stateFolder,
        socketFolder: sockets,
        consoleLog: consoleInFile ? ring : (settings.consoleLog ?? path.join(stateFolder, 'console.log')),
      };
    },
    plan: planHyperkit,
    start: startHyperkit,
  };
}

/** hyperkit waits for a vpnkit that is not there for ever, without a word. */
async function connection(network: HyperkitNetwork, sockets: string, home: string): Promise<Connection> {
  switch (network.kind) {
    case 'none':
    case 'vmnet':
      return network;
    case 'own-vpnkit': {
      const [ethernet, ports] = [path.join(sockets, 'vpnkit_eth.sock'), path.join(sockets, 'vpnkit_port.sock')];
      return { kind: network.kind, ethernet, ports };
    }
    case 'vpnkit': {
      const { kind, ethernet, ports } = network;
      if (await fileExists(ethernet)) return { kind, ethernet, ...(ports === undefined ? {} : { ports }) };
      throw new MachineError('bad-network', `there is no vpnkit socket ${ethernet}`, {
        hint: 'Start that vpnkit first, or let lkit start one: -networking vpnkit',
      });
    }
    case 'docker-for-mac':
      return dockersConnection(home);
  }
}

async function dockersConnection(home: string): Promise<Connection> {
  const folder = path.join(home, 'Library/Containers/com.docker.docker/Data');
  // Of old and of newer versions.
  for (const [ethernet, ports] of [
    ['s50', 's51'],
    ['vpnkit.eth.sock', 'vpnkit.port.sock'],
  ] as const) {
    const socket = path.join(folder, ethernet);
    if (await fileExists(socket)) return { kind: 'docker-for-mac', ethernet: socket, ports: path.join(folder, ports) };
  }
  throw new MachineError('bad-network', `Docker Desktop has no network socket in ${folder}`, {
    hint: 'Start Docker Desktop, or choose another network: -networking vpnkit, vmnet or none',
  });
}
