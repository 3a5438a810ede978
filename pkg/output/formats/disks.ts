import { runTool } from '../../host/index.ts';
import { OutputError } from '../aside.ts';
import { makeExt4, minExt4Bytes } from '../disk/ext4.ts';
import { fatBytesFor, fatEnvironment, type FatFile, makeFat } from '../disk/fat.ts';
import { type GptPartition, gptTailBytes, guidPartitionTable, partitionTypes } from '../disk/gpt.ts';
import { makeSparse, patchFile } from '../disk/image-file.ts';
import { fat32Type, masterBootRecord } from '../disk/mbr.ts';
import { bytesPerMiB, firstPartitionAt, type Partition } from '../disk/partition.ts';
import type { SizedFile } from '../sized-file.ts';
import { memo } from './memo.ts';
import type { Parts } from './parts.ts';

/** The data partition of `sd`: its label, which the kernel command line tells pkg:init. */
const dataLabel = 'lkit-data';

const bytesPerGiB = 1024 * bytesPerMiB;
const defaultDataBytes = bytesPerGiB;

/** Raw disk images, which other formats are made of. */
export class Disks {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** MBR, and one FAT partition from which syslinux loads kernel and initrd. */
  readonly bios = memo(() => this.#makeBios('bios.img'));

  /** GPT, and one EFI system partition with the system as one EFI program. */
  readonly efi = memo(() => this.#makeEfi('efi.img'));

  /** What a cloud or a hypervisor boots: a PC through its BIOS, an arm64 machine through UEFI. */
  machine(): Promise<string> {
    return this.#isPc ? this.bios() : this.efi();
  }

  /** The same, its size a multiple of a GiB. */
  readonly wholeGiB = memo(() =>
    this.#isPc ? this.#makeBios('gib.img', bytesPerGiB) : this.#makeEfi('gib.img', bytesPerGiB),
  );

  get #isPc(): boolean {
    return this.#parts.plan.arch === 'amd64';
  }

  async #makeBios(name: string, unit = bytesPerMiB): Promise<string> {
    const parts = this.#parts;
    const [kernel, initrd] = [await parts.kernel(), await parts.initrd()];
    const configuration = await parts.put('syslinux.cfg', syslinuxConfiguration(parts.cmdline));
    const files = [
      { path: 'syslinux.cfg', source: configuration.file, size: configuration.size },
      { path: 'kernel', source: kernel.file, size: kernel.size },
      { path: 'initrd.img', source: initrd.file, size: initrd.size },
    ];
    const image = parts.place(name);
    const { signal, diskBytes } = parts.options;
    const room = { what: 'a disk for a PC’s BIOS', diskBytes, unit, spare: syslinuxBytes };
    const { partition } = await this.#fatDisk(image, files, room);
    await runTool('syslinux', ['--install', '--offset', String(partition.offset), image], {
      env: fatEnvironment,
      signal,
    });
    const bootCode = await parts.loaderFile('bios-boot', 'mbr.bin');
    const serial = (await parts.identity()).serial('disk');
    await patchFile(image, [masterBootRecord([{ ...partition, type: fat32Type, active: true }], { bootCode, serial })]);
    return image;
  }

  async #makeEfi(name: string, unit = bytesPerMiB): Promise<string> {
    const image = this.#parts.place(name);
    const { diskBytes } = this.#parts.options;
    const room = { what: 'a disk for UEFI', diskBytes, unit, behind: gptTailBytes };
    const disk = await this.#fatDisk(image, [await this.efiProgram()], room);
    await this.#writeGpt(image, disk.bytes, [await this.#efiPartition(disk.partition)]);
    return image;
  }

  /** Makes an image as `efi` is one, with a second partition that holds an empty ext4 file system. */
  async sd(image: string): Promise<void> {
    const parts = this.#parts;
    const { dataBytes = defaultDataBytes, signal } = parts.options;
    if (dataBytes < minExt4Bytes) throw tooSmall('--data-size', dataBytes, minExt4Bytes, 'the data partition');
    const uki = await parts.ukiWith('sd.efi', `${parts.cmdline} lkit.data=${dataLabel}`.trim());
    const behind = dataBytes + gptTailBytes;
    const disk = await this.#fatDisk(image, [this.#asEfiProgram(uki)], { what: 'an SD image', behind });
    const identity = await parts.identity();
    const data = {
      offset: disk.partition.offset + disk.partition.bytes,
      bytes: dataBytes,
      type: partitionTypes.linuxData,
      uuid: identity.uuid('data'),
      name: dataLabel,
    };
    await this.#writeGpt(image, disk.bytes, [await this.#efiPartition(disk.partition), data]);
    await makeExt4(image, data, { label: dataLabel, uuid: identity.uuid('ext4'), signal });
  }

  /** The system as the file that UEFI starts from a medium without being told (UEFI 2.10, 3.5.1.1). */
  async efiProgram(): Promise<FatFile> {
    return this.#asEfiProgram(await this.#parts.uki());
  }

  #asEfiProgram({ file, size }: SizedFile): FatFile {
    return { path: `EFI/BOOT/BOOT${this.#parts.efiArch.toUpperCase()}.EFI`, source: file, size };
  }

  /** An MBR disk with one FAT partition and no boot code. */
  async plain(image: string, files: readonly FatFile[], what: string): Promise<void> {
    const { diskBytes } = this.#parts.options;
    const { partition } = await this.#fatDisk(image, files, { what, diskBytes });
    const serial = (await this.#parts.identity()).serial('disk');
    await patchFile(image, [masterBootRecord([{ ...partition, type: fat32Type, active: true }], { serial })]);
  }

  /** Makes an image with a FAT partition of the files in it. */
  async #fatDisk(image: string, files: readonly FatFile[], room: Room): Promise<FatDisk> {
    const { what, diskBytes, unit = bytesPerMiB, spare = 0, behind = 0 } = room;
    const whole = (bytes: number): number => Math.ceil(bytes / unit) * unit;
    const needed = whole(firstPartitionAt + fatBytesFor(files) + spare + behind);
    if (diskBytes !== undefined && diskBytes < needed) throw tooSmall('--size', diskBytes, needed, what);
    const disk = diskBytes === undefined ? needed : whole(diskBytes);
    // Whole MiB, so that what follows is aligned as well.
    const bytes = Math.floor((disk - behind - firstPartitionAt) / bytesPerMiB) * bytesPerMiB;
    const partition = { offset: firstPartitionAt, bytes };
    await makeSparse(image, disk);
    const { signal } = this.#parts.options;
    const serial = (await this.#parts.identity()).serial('fat');
    await makeFat(image, partition, { label: 'LKIT', serial, files, signal });
    return { partition, bytes: disk };
  }

  async #efiPartition(at: Partition): Promise<GptPartition> {
    const uuid = (await this.#parts.identity()).uuid('efi-system');
    return { ...at, type: partitionTypes.efiSystem, uuid, name: 'EFI system' };
  }

  async #writeGpt(image: string, diskBytes: number, partitions: readonly GptPartition[]): Promise<void> {
    const identity = await this.#parts.identity();
    await patchFile(image, guidPartitionTable(diskBytes, identity.uuid('disk'), partitions));
  }
}

interface Room {
  /** What needs it, for people. */
  readonly what: string;
  /** The user's choice. @default what the content takes */
  readonly diskBytes?: number | undefined;
  /** What the disk's size is a multiple of. @default 1 MiB */
  readonly unit?: number;
  /** Bytes to leave free in the file system, and behind it. @default 0 */
  readonly spare?: number;
  readonly behind?: number;
}

interface FatDisk {
  readonly partition: Partition;
  readonly bytes: number;
}

/** For ldlinux.sys and ldlinux.c32, which syslinux copies to the file system itself. */
const syslinuxBytes = bytesPerMiB;

/** What syslinux and isolinux read. */
export function syslinuxConfiguration(cmdline: string): string {
  return `DEFAULT linux\nLABEL linux\n  KERNEL /kernel\n  INITRD /initrd.img\n  APPEND ${cmdline}\n`;
}

function tooSmall(flag: string, bytes: number, needed: number, what: string): OutputError {
  const mib = (size: number): string => `${Math.ceil(size / bytesPerMiB)}M`;
  return new OutputError('too-small', `${flag} ${mib(bytes)} is too small: ${what} needs ${mib(needed)}`, {
    kind: 'input',
    hint: `Say ${flag} ${mib(needed)} or more, or leave it out.`,
  });
}
