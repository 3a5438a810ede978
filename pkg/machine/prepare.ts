import { type DiskFormats, parseDisks } from './disk.ts';
import { ensureDisk, foreseeDisk } from './disk-image.ts';
import { MachineError } from './error.ts';
import { findFirmware, requireFirmware } from './firmware.ts';
import { findImage, type ImageFiles, type ImageKind } from './image-files.ts';
import { checkMemory } from './memory.ts';
import { metadataDisc, readMetadata, writeMetadataDisc } from './metadata.ts';
import { checkPortsFree, parseNetwork } from './network.ts';
import { parseShares, requireFolders, shareParameters } from './share.ts';
import { newIdentity, readState } from './state.ts';
import type { Arch, Boot, DiskImage, MachineSpec } from './types.ts';

/** A machine as a person asks for it. */
export interface MachineRequest {
  /** The image's prefix, the path of an ISO or disk image, or `undefined` for the folder's only image. */
  readonly image: string | undefined;
  /** The only kind of image to look for. */
  readonly imageKind?: ImageKind | undefined;
  /** What relative paths are relative to. */
  readonly folder: string;
  /** @default the kernel's, else the host's */
  readonly arch: Arch | undefined;
  readonly hostArch: Arch | undefined;
  readonly memoryMiB: number;
  readonly cpus: number;
  /** LinuxKit's syntax, see `parseDisks`. */
  readonly disks: readonly string[];
  readonly diskFormats?: DiskFormats;
  /** LinuxKit's syntax, see `parseNetwork`. */
  readonly networking: string;
  readonly publish: readonly string[];
  /** Folders for the guest, see `parseShares`. */
  readonly shares?: readonly string[] | undefined;
  readonly virtiofs?: readonly string[] | undefined;
  /** What the guest is to be told, or the path of a file with it, see `readMetadata`. */
  readonly data?: string | undefined;
  readonly dataFile?: string | undefined;
  /** Absolute. @default the image's prefix + `-state` */
  readonly stateFolder: string | undefined;
  /** Boot through UEFI, with this file or the host's own; `built-in` is the hypervisor's. */
  readonly firmware: { readonly file: string | undefined } | 'built-in' | undefined;
  /** Whether a program in the guest may say how the run is to exit. @default false */
  readonly exitCode?: boolean | undefined;
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
  const { folder, dryRun } = request;
  const network = parseNetwork(request.networking, request.publish);
  const shares = parseShares(request.shares ?? [], request.virtiofs ?? [], folder);
  const metadata = await readMetadata(request.data, request.dataFile);
  const image = await findImage(request.image, folder, request.imageKind);
  const stateFolder = request.stateFolder ?? `${image.prefix}-state`;
  const disks = parseDisks(request.disks, { current: folder, state: stateFolder }, request.diskFormats);
  const arch = chooseArch(image, request);
  if (image.memory !== undefined) checkMemory(image.name, request.memoryMiB, image.memory);
  await requireFolders(shares);
  const boot = await withFirmware(image, arch, request.firmware);
  const state = await readState(stateFolder);
  if (!dryRun) {
    if (state?.running !== undefined) throw alreadyRunning(image.name, state.running.process.pid);
    if (network.kind === 'user') await checkPortsFree(network.publish);
    if (metadata !== undefined) await writeMetadataDisc(stateFolder, metadata);
  }
  const made: DiskImage[] = image.rootDisk === undefined ? [] : [image.rootDisk];
  for (const disk of disks) made.push(await (dryRun ? foreseeDisk(disk) : ensureDisk(disk, request.notice)));
  return {
    stateFolder,
    machine: {
      name: image.name,
      arch,
      memoryMiB: request.memoryMiB,
      cpus: request.cpus,
      boot: withParameters(boot, [
        ...terminalParameters(request.terminal),
        ...(request.exitCode === true ? ['lkit.exit_code'] : []),
        ...shareParameters(shares),
      ]),
      disks: made,
      discs: metadata === undefined ? [] : [metadataDisc(stateFolder)],
      shares,
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

async function withFirmware(image: ImageFiles, arch: Arch, asked: MachineRequest['firmware']): Promise<Boot> {
  const { boot } = image;
  if (asked === 'built-in') return boot;
  // An arm64 or riscv64 machine has no firmware of its own.
  const needed = image.needsUefi || (boot.kind !== 'kernel' && arch !== 'x86_64');
  if (asked === undefined && !needed) return boot;
  if (boot.kind === 'kernel' && arch === 'x86_64' && image.memory?.kernelIsCompressed === false) {
    throw new MachineError('not-for-uefi', `the kernel ${boot.kernel} is an ELF file, which UEFI does not start`, {
      kind: 'input',
      hint: 'Without -uefi it boots. UEFI boots what lkit build --format iso-efi writes.',
    });
  }
  return {
    ...boot,
    firmware: asked?.file === undefined ? await findFirmware(arch) : await requireFirmware(asked.file),
  };
}

function withParameters(boot: Boot, parameters: readonly string[]): Boot {
  return boot.kind === 'kernel' ? { ...boot, cmdline: [boot.cmdline, ...parameters].join(' ').trim() } : boot;
}

/** A serial line does not carry the size of the terminal at its end, so the kernel's command line does. */
function terminalParameters(terminal: MachineRequest['terminal']): readonly string[] {
  return terminal === undefined ? [] : [`lkit.terminal=${terminal.rows}x${terminal.columns}`];
}

function alreadyRunning(name: string, pid: number): MachineError {
  return new MachineError('already-running', `${name} is running already (process ${pid})`, {
    hint: 'Stop it first with `lkit stop`, or start a second one with a folder of its own: -state NAME2-state',
  });
}
