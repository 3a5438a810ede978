import { crc32 } from 'node:zlib';
import { protectiveMbr } from './mbr.ts';
import { type Partition, type Patch, sectorBytes } from './partition.ts';

/** UEFI 2.10, 5.3.3, and the Discoverable Partitions Specification. */
export const partitionTypes = {
  efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  linuxData: '0fc63daf-8483-4772-8e79-3d69d8477de4',
} as const;

export interface GptPartition extends Partition {
  readonly type: string;
  readonly uuid: string;
  /** At most 36 characters. */
  readonly name: string;
}

const entryBytes = 128;
const entries = 128;
const headerBytes = 92;
const tableSectors = (entryBytes * entries) / sectorBytes;

/** What a GPT takes at the end of a disk: the backup of the table, and of its header. */
export const gptTailBytes = (tableSectors + 1) * sectorBytes;

/** A GUID partition table (UEFI 2.10, 5.3 "GUID Partition Table (GPT) Disk Layout") with its backup. */
export function guidPartitionTable(
  diskBytes: number,
  uuid: string,
  partitions: readonly GptPartition[],
): readonly Patch[] {
  const lastSector = diskBytes / sectorBytes - 1;
  const table = Buffer.alloc(entryBytes * entries);
  partitions.forEach((partition, index) => {
    writeEntry(table.subarray(index * entryBytes), partition);
  });
  const header = (at: number, other: number, tableAt: number): Patch => {
    const bytes = formatHeader({ uuid, table, at, other, tableAt, lastUsable: lastSector - tableSectors - 1 });
    return { offset: at * sectorBytes, bytes };
  };
  const backupTableAt = lastSector - tableSectors;
  return [
    protectiveMbr(diskBytes),
    header(1, lastSector, 2),
    { offset: 2 * sectorBytes, bytes: table },
    { offset: backupTableAt * sectorBytes, bytes: table },
    header(lastSector, 1, backupTableAt),
  ];
}

interface HeaderFields {
  readonly uuid: string;
  readonly table: Buffer;
  /** The header's own sector, that of the other header, and that of its table. */
  readonly at: number;
  readonly other: number;
  readonly tableAt: number;
  readonly lastUsable: number;
}

function formatHeader({ uuid, table, at, other, tableAt, lastUsable }: HeaderFields): Buffer {
  const header = Buffer.alloc(sectorBytes);
  header.write('EFI PART', 0, 'latin1');
  header.writeUInt32LE(0x0001_0000, 8);
  header.writeUInt32LE(headerBytes, 12);
  header.writeBigUInt64LE(BigInt(at), 24);
  header.writeBigUInt64LE(BigInt(other), 32);
  header.writeBigUInt64LE(BigInt(2 + tableSectors), 40);
  header.writeBigUInt64LE(BigInt(lastUsable), 48);
  guidBytes(uuid).copy(header, 56);
  header.writeBigUInt64LE(BigInt(tableAt), 72);
  header.writeUInt32LE(entries, 80);
  header.writeUInt32LE(entryBytes, 84);
  header.writeUInt32LE(crc32(table), 88);
  header.writeUInt32LE(crc32(header.subarray(0, headerBytes)), 16);
  return header;
}

function writeEntry(entry: Buffer, { type, uuid, name, offset, bytes }: GptPartition): void {
  guidBytes(type).copy(entry, 0);
  guidBytes(uuid).copy(entry, 16);
  entry.writeBigUInt64LE(BigInt(offset / sectorBytes), 32);
  entry.writeBigUInt64LE(BigInt((offset + bytes) / sectorBytes - 1), 40);
  entry.write(name, 56, 72, 'utf16le');
}

/** A GUID's first three parts are numbers, least significant byte first (UEFI 2.10, appendix A). */
export function guidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
