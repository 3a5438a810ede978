import path from 'node:path';
import type { Backend } from '../backend.ts';
import { exitCodeFile } from '../exit-code.ts';
import { machineSockets, socketFolder } from '../sockets.ts';
import type { Arch, MachineSpec } from '../types.ts';
import { type Accelerator, emulation } from './accelerator.ts';
import { chooseAccelerator, fallbackNotice } from './choose.ts';
import { planQemu, type QemuFacts, type QemuPlan } from './plan.ts';
import { findQemu, findVirtiofsd, spareVirtiofsd } from './programs.ts';
import { mayBeVirtiofs, mustBeVirtiofs } from './shares.ts';
import { startQemu } from './start.ts';
import { rememberVerdict, verdictKey } from './verdicts.ts';

export interface QemuSettings {
  /** What the user asked for; `undefined` lets lkit find out. */
  readonly accelerator: Accelerator | undefined;
  /** QEMU and virtiofsd: an absolute path, or a name to look for in PATH, where it is not to be the host's own. */
  readonly program: string | undefined;
  readonly virtiofsd?: string | undefined;
  readonly extraArgs: readonly string[];
  readonly devices: readonly string[];
  /** See `QemuFacts`. @default false */
  readonly gui?: boolean;
  readonly usb?: boolean;
  readonly gdbPort?: number | undefined;
  /** Absolute; its last part need not exist. */
  readonly stateFolder: string;
  /** The console's log, when it is not to be in the state folder. */
  readonly consoleLog: string | undefined;
  /** The file that takes QEMU's process id, when it is not to be in the state folder. */
  readonly pidFile?: string | undefined;
  /** Whether a program in the guest decides how the run has ended, see `readExitCode`. @default false */
  readonly exitCode?: boolean | undefined;
  /** The file that keeps accelerator verdicts between runs. */
  readonly verdictFile: string;
  readonly temporaryFolder: string;
  readonly host: { readonly platform: string; readonly arch: Arch | undefined };
  /** Told, in one line each, what the user may want to know. */
  readonly notice: (text: string) => void;
  /** Told what only somebody who looks for it wants to know. @default nobody */
  readonly detail?: ((text: string) => void) | undefined;
}

/** QEMU, on any host that has it. */
export function qemuBackend(settings: QemuSettings): Backend<QemuFacts, QemuPlan> {
  return {
    name: 'qemu',
    async inspect(machine) {
      const program = await findQemu(machine.arch, settings.program);
      const virtiofsd = await virtiofsdFor(machine, settings);
      const { accelerator, confirmed } =
        settings.accelerator === undefined
          ? await chooseAccelerator({ ...settings, program, arch: machine.arch })
          : { accelerator: settings.accelerator, confirmed: true };
      return {
        program,
        virtiofsd,
        arch: machine.arch,
        platform: settings.host.platform,
        accelerator,
        confirmed,
        sockets: machineSockets(socketFolder(settings.stateFolder, settings.temporaryFolder)),
        consoleLog: settings.consoleLog ?? path.join(settings.stateFolder, 'console.log'),
        programLog: path.join(settings.stateFolder, 'qemu.log'),
        pidFile: settings.pidFile ?? path.join(settings.stateFolder, 'qemu.pid'),
        gui: settings.gui ?? false,
        usb: settings.usb ?? false,
        gdbPort: settings.gdbPort,
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

async function virtiofsdFor(
  { shares = [] }: MachineSpec,
  { virtiofsd, detail = () => undefined }: QemuSettings,
): Promise<string | undefined> {
  if (shares.some(mustBeVirtiofs)) return await findVirtiofsd(virtiofsd);
  return shares.some(mayBeVirtiofs) ? await spareVirtiofsd(virtiofsd, detail) : undefined;
}
