import path from 'node:path';
import { requireTool } from '../../host/index.ts';
import type { Backend } from '../backend.ts';
import { requireKernelFormat } from '../kernel-format.ts';
import { type Host, requireMac } from '../mac.ts';
import { socketFolder } from '../sockets.ts';
import { planVfkit, type VfkitFacts, type VfkitPlan } from './plan.ts';
import { startVfkit } from './start.ts';

export interface VfkitSettings {
  /** The path of vfkit, when it is not to be looked for. */
  readonly program: string | undefined;
  /** Where programs are looked for, as in $PATH. */
  readonly searchPath: string;
  readonly vsockPorts: readonly number[];
  /** Absolute. */
  readonly stateFolder: string;
  /** The console's log, when it is not to be in the state folder. */
  readonly consoleLog: string | undefined;
  readonly temporaryFolder: string;
  readonly host: Host;
}

const longestSocketName = 'vsock.4294967295';

/** vfkit, on Macs of both architectures: https://github.com/crc-org/vfkit */
export function vfkitBackend(settings: VfkitSettings): Backend<VfkitFacts, VfkitPlan> {
  return {
    name: 'vfkit',
    async inspect(machine) {
      requireMac(settings.host, 'vfkit', machine, ['x86_64', 'aarch64']);
      await requireKernelFormat(machine, 'vfkit', machine.arch === 'aarch64' ? 'Image' : 'bzImage');
      const { stateFolder, vsockPorts } = settings;
      return {
        program: settings.program ?? (await requireTool('vfkit', settings.searchPath)),
        vsockPorts,
        stateFolder,
        socketFolder: socketFolder(stateFolder, settings.temporaryFolder, longestSocketName),
        consoleLog: settings.consoleLog ?? path.join(stateFolder, 'console.log'),
      };
    },
    plan: planVfkit,
    start: startVfkit,
  };
}
