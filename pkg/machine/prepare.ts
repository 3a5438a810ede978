import { findFirmware } from './boot-medium.ts';
import { parseDisks } from './disk.ts';
import { ensureDisk, foreseeDisk } from './disk-image.ts';
import { MachineError } from './error.ts';
import { findImage, type ImageFiles } from './image-files.ts';
import { checkMemory } from './memory.ts';
import { checkPortsFree, parseNetwork } from './network.ts';
import { newIdentity, readState } from './state.ts';
import type { Arch, Boot, DiskImage, MachineSpec } from './types.ts';

/** A machine as a person asks for it. */
export interface MachineRequest {
  /** The image's prefix, the path of an ISO or disk image, or `undefined` for the folder's only image. */
  readonly image: string | undefined;
  /** What relative paths are relative to. */
  readonly folder: string;
  /** @default the kernel's, else the host's */
  readonly arch: Arch | undefined;
  readonly hostArch: Arch | undefined;
  readonly memoryMiB: number;
  readonly cpus: number;
  /** LinuxKit's syntax, see `parseDisks`. */
  readonly disks: readonly string[];
  /** LinuxKit's syntax, see `parseNetwork`. */
  readonly networking: string;
  readonly publish: readonly string[];
  /** Absolute. @default the image's prefix + `-state` */
  readonly stateFolder: string | undefined;
  /** Boot ISO and disk images through UEFI, with this file or the host's own. */
  readonly firmware: { readonly file: string | undefined } | undefined;
  /** Size of the terminal that shows the console; pkg:init's shells take it over. */
  readonly terminal: { readonly rows: number; readonly columns: number } | undefined;
  /** Change nothing: the machine is only to be described. */
  readonly dryRun: boolean;
  readonly notice: (text: string) => void;
}

export interface PreparedMachine {
  readonly machine: MachineSpec;
  readonly stateFolder: string;
}

/**
 * Checks everything that can be checked before anything is started, in an order in which the most basic mistake is
 * reported first; makes the disks last, when all the rest is right.
 *
 * @throws {MachineError}
 */
export async function prepareMachine(request: MachineRequest): Promise<PreparedMachine> {
  const network = parseNetwork(request.networking, request.publish);
  const image = await findImage(request.image, request.folder);
  const stateFolder = request.stateFolder ?? `${image.prefix}-state`;
  const disks = parseDisks(request.disks, { current: request.folder, state: stateFolder });
  const arch = chooseArch(image, request);
  if (image.memory !== undefined) checkMemory(image.name, request.memoryMiB, image.memory);
  const state = await readState(stateFolder);
  if (!request.dryRun) {
    if (state?.running !== undefined) throw alreadyRunning(image.name, state.running.process.pid);
    if (network.kind === 'user') await checkPortsFree(network.publish);
  }
  const made: DiskImage[] = [];
  for (const disk of disks) made.push(await (request.dryRun ? foreseeDisk(disk) : ensureDisk(disk, request.notice)));
  return {
    stateFolder,
    machine: {
      name: image.name,
      arch,
      memoryMiB: request.memoryMiB,
      cpus: request.cpus,
      boot: withTerminal(await withFirmware(image.boot, arch, request.firmware), request.terminal),
      disks: made,
      network,
      identity: state?.identity ?? newIdentity(),
    },
  };
}

function chooseArch({ name, arch: compiledFor }: ImageFiles, { arch, hostArch }: MachineRequest): Arch {
  if (arch !== undefined && compiledFor !== undefined && arch !== compiledFor) {
    throw new MachineError('wrong-architecture', `${name} is built for ${compiledFor}, not for ${arch}`, {
      kind: 'input',
      hint: `Run it without -arch, or build it for the other: lkit build --arch ${arch} ${name}.yml`,
    });
  }
  return arch ?? compiledFor ?? hostArch ?? 'x86_64';
}

async function withFirmware(boot: Boot, arch: Arch, firmware: MachineRequest['firmware']): Promise<Boot> {
  // `virt` machines have no firmware of their own.
  if (boot.kind === 'kernel' || (firmware === undefined && arch === 'x86_64')) return boot;
  return { ...boot, firmware: firmware?.file ?? (await findFirmware(arch)) };
}

/** A serial line does not carry the size of the terminal at its end, so the kernel's command line does. */
function withTerminal(boot: Boot, terminal: MachineRequest['terminal']): Boot {
  if (boot.kind !== 'kernel' || terminal === undefined) return boot;
  return { ...boot, cmdline: `${boot.cmdline} lkit.terminal=${terminal.rows}x${terminal.columns}`.trim() };
}

function alreadyRunning(name: string, pid: number): MachineError {
  return new MachineError('already-running', `${name} is running already (process ${pid})`, {
    hint: 'Stop it first with `lkit stop`, or start a second one with a folder of its own: -state NAME2-state',
  });
}
