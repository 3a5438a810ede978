import { type Partition, type Patch, sectorBytes } from './partition.ts';

/** FAT32, addressed by block numbers. */
export const fat32Type = 0x0c;
/** The whole disk has a GPT (UEFI 2.10, 5.2.3 "Protective MBR"). */
const gptType = 0xee;

export interface MbrPartition extends Partition {
  readonly type: number;
  readonly active?: boolean;
}

const bootCodeBytes = 440;
const tableAt = 446;
const maxSectors = 0xffff_ffff;

/**
 * A master boot record (UEFI 2.10, 5.2.1 "Legacy Master Boot Record").
 *
 * @param bootCode at most 440 bytes
 */
export function masterBootRecord(
  partitions: readonly MbrPartition[],
  { bootCode, serial }: { readonly bootCode?: Buffer; readonly serial: number },
): Patch {
  const sector = Buffer.alloc(sectorBytes);
  bootCode?.copy(sector, 0, 0, bootCodeBytes);
  sector.writeUInt32LE(serial, bootCodeBytes);
  partitions.forEach((partition, index) => {
    writeEntry(sector.subarray(tableAt + index * 16), partition);
  });
  sector.writeUInt16LE(0xaa55, 510);
  return { offset: 0, bytes: sector };
}

/** What keeps tools that know no GPT from taking the disk for an empty one. */
export function protectiveMbr(diskBytes: number): Patch {
  const partition = { type: gptType, offset: sectorBytes, bytes: diskBytes - sectorBytes };
  return masterBootRecord([partition], { serial: 0 });
}

function writeEntry(entry: Buffer, { type, active, offset, bytes }: MbrPartition): void {
  const first = offset / sectorBytes;
  const sectors = Math.min(bytes / sectorBytes, maxSectors);
  entry[0] = active === true ? 0x80 : 0;
  writeChs(entry.subarray(1), first);
  entry[4] = type;
  writeChs(entry.subarray(5), first + sectors - 1);
  entry.writeUInt32LE(first, 8);
  entry.writeUInt32LE(sectors, 12);
}

/** Cylinder, head and sector, for a disk of 255 heads with 63 sectors; "too far" is all ones. */
function writeChs(field: Buffer, sector: number): void {
  const cylinder = Math.floor(sector / (255 * 63));
  const [head, within] = [Math.floor(sector / 63) % 255, (sector % 63) + 1];
  const bytes = cylinder > 1023 ? [0xfe, 0xff, 0xff] : [head, within | ((cylinder >> 2) & 0xc0), cylinder & 0xff];
  field.set(bytes);
}
