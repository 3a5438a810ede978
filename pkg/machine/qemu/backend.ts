import path from 'node:path';
import type { Backend } from '../backend.ts';
import { requireTool } from '../../host/index.ts';
import { machineSockets, socketFolder } from '../sockets.ts';
import { exitCodeFile } from '../exit-code.ts';
import type { Arch } from '../types.ts';
import { type Accelerator, emulation } from './accelerator.ts';
import { chooseAccelerator, fallbackNotice } from './choose.ts';
import { programs } from './hardware.ts';
import { planQemu, type QemuFacts } from './plan.ts';
import { startQemu } from './start.ts';
import { rememberVerdict, verdictKey } from './verdicts.ts';

export interface QemuSettings {
  /** What the user asked for; `undefined` lets lkit find out. */
  readonly accelerator: Accelerator | undefined;
  /** The path of QEMU, when it is not to be looked for. */
  readonly program: string | undefined;
  readonly extraArgs: readonly string[];
  readonly devices: readonly string[];
  /** Absolute; its last part need not exist. */
  readonly stateFolder: string;
  /** The console's log, when it is not to be in the state folder. */
  readonly consoleLog: string | undefined;
  /** Whether a program in the guest decides how the run has ended, see `readExitCode`. @default false */
  readonly exitCode?: boolean | undefined;
  /** The file that keeps accelerator verdicts between runs. */
  readonly verdictFile: string;
  readonly temporaryFolder: string;
  readonly host: { readonly platform: string; readonly arch: Arch | undefined };
  /** Told, in one line each, what the user may want to know. */
  readonly notice: (text: string) => void;
}

/** QEMU, on any host that has it. */
export function qemuBackend(settings: QemuSettings): Backend<QemuFacts> {
  return {
    name: 'qemu',
    async inspect(machine) {
      const program = settings.program ?? (await requireTool(programs[machine.arch]));
      const { accelerator, confirmed } =
        settings.accelerator === undefined
          ? await chooseAccelerator({ ...settings, program, arch: machine.arch })
          : { accelerator: settings.accelerator, confirmed: true };
      return {
        program,
        arch: machine.arch,
        accelerator,
        confirmed,
        sockets: machineSockets(socketFolder(settings.stateFolder, settings.temporaryFolder)),
        consoleLog: settings.consoleLog ?? path.join(settings.stateFolder, 'console.log'),
        programLog: path.join(settings.stateFolder, 'qemu.log'),
        exitCodeFile: settings.exitCode === true ? exitCodeFile(settings.stateFolder) : undefined,
        extraArgs: settings.extraArgs,
        devices: settings.devices,
      };
    },
    plan: planQemu,
    start: startQemu,
    async fallBack(facts, reason) {
      if (!facts.accelerator.chosen || facts.accelerator.name === 'tcg') return undefined;
      const key = await verdictKey(facts.program, facts.arch, facts.accelerator);
      await rememberVerdict(settings.verdictFile, key, { works: false, reason });
      settings.notice(fallbackNotice(facts.accelerator, reason));
      return { ...facts, accelerator: emulation, confirmed: true };
    },
    async confirm(facts) {
      const key = await verdictKey(facts.program, facts.arch, facts.accelerator);
      await rememberVerdict(settings.verdictFile, key, { works: true, confirmed: true });
    },
  };
}
