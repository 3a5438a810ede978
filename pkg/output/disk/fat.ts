import path from 'node:path';
import { runTool } from '../../host/index.ts';
import { OutputError } from '../aside.ts';
import { patchFile } from './image-file.ts';
import { bytesPerMiB, type Partition, type Patch, sectorBytes } from './partition.ts';

/** A file of the host, and its place in the file system: `EFI/BOOT/BOOTX64.EFI`. */
export interface FatFile {
  readonly path: string;
  readonly source: string;
  /** Bytes. */
  readonly size: number;
}

export interface FatVolume {
  /** At most 11 characters. */
  readonly label: string;
  readonly serial: number;
  readonly files: readonly FatFile[];
  readonly signal?: AbortSignal | undefined;
}

/** What FAT can name a file's size with. */
const maxFileBytes = 0xffff_ffff;

/** With fewer clusters a file system is FAT16 (fatgen103, "FAT Type Determination"). */
const minClusters = 65_525 + 16;
const reservedSectors = 32;
const backupBootSector = 6;
/** 1980, the first moment that FAT can hold. */
const epoch = '315532800';

/** Cluster sizes for volumes up to so many bytes, as Microsoft's table for FAT32 has them. */
const clusterSizes: readonly (readonly [maxBytes: number, clusterBytes: number])[] = [
  [260 * bytesPerMiB, 512],
  [8 * 1024 * bytesPerMiB, 4096],
  [16 * 1024 * bytesPerMiB, 8192],
  [32 * 1024 * bytesPerMiB, 16_384],
  [Infinity, 32_768],
];

/** The bytes, in whole MiB, of the smallest FAT32 file system that holds the files with 1 MiB to spare. */
export function fatBytesFor(files: readonly Pick<FatFile, 'path' | 'size'>[]): number {
  const of = (clusterBytes: number): number => {
    const inFiles = files.reduce((sum, { size }) => sum + Math.ceil(size / clusterBytes), 0);
    const clusters = Math.max(minClusters, inFiles + foldersOf(files).length + 1);
    return clusters * (clusterBytes + 8) + reservedSectors * sectorBytes + bytesPerMiB;
  };
  const [, clusterBytes] = clusterSizes.find(([max, each]) => of(each) <= max) ?? [0, 32_768];
  return Math.ceil(of(clusterBytes) / bytesPerMiB) * bytesPerMiB;
}

/**
 * Makes a FAT32 file system in a part of an existing file and copies the files to it, with mtools. The same files,
 * label and serial give the same bytes.
 *
 * @throws {HostError} `missing-tool`, `tool-failed`
 * @throws {OutputError} `too-large` for a file of 4 GiB or more
 */
export async function makeFat(image: string, at: Partition, volume: FatVolume): Promise<void> {
  const { label, serial, files, signal } = volume;
  const tooLarge = files.find(({ size }) => size > maxFileBytes);
  if (tooLarge !== undefined) {
    throw new OutputError(
      'too-large',
      `a boot partition holds no file of 4 GiB or more, but ${tooLarge.path} has that`,
      {
        hint: 'Leave out what the system does not need.',
      },
    );
  }
  const mtool = (name: 'mformat' | 'mmd' | 'mcopy', args: readonly string[]): Promise<unknown> =>
    runTool(name, args, { env: fatEnvironment, signal });
  const place = `${image}@@${at.offset}`;
  const [, clusterBytes] = clusterSizes.find(([max]) => at.bytes <= max) ?? [0, 32_768];
  await mtool('mformat', [
    ...['-i', place, '-F', '-T', String(at.bytes / sectorBytes), '-c', String(clusterBytes / sectorBytes)],
    ...['-h', '255', '-s', '63', '-H', String(at.offset / sectorBytes)],
    ...['-N', serial.toString(16).padStart(8, '0'), '-v', label, '::'],
  ]);
  await patchFile(image, [systemName(at.offset), systemName(at.offset + backupBootSector * sectorBytes)]);
  const folders = foldersOf(files);
  if (folders.length > 0) await mtool('mmd', ['-i', place, ...folders.map((folder) => `::/${folder}`)]);
  for (const { path: name, source } of files) await mtool('mcopy', ['-Q', '-i', place, source, `::/${name}`]);
}

/** mtools would put its version there. This is what fatgen103 recommends. */
function systemName(bootSectorAt: number): Patch {
  return { offset: bootSectorAt + 3, bytes: Buffer.from('MSWIN4.1') };
}

/** Environment under which mtools, and what uses them, write no date of today and look at no configuration. */
export const fatEnvironment = { SOURCE_DATE_EPOCH: epoch, TZ: 'UTC', MTOOLSRC: '/dev/null', MTOOLS_SKIP_CHECK: '1' };

/** Every folder that a file lies in, outer ones first. */
function foldersOf(files: readonly Pick<FatFile, 'path'>[]): readonly string[] {
  const folders = new Set<string>();
  for (const { path: name } of files) {
    const parts = path.posix.dirname(name).split('/');
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  folders.delete('.');
  return [...folders].sort();
}
