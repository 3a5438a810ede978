import type { FileHandle } from 'node:fs/promises';
import type { DiskIdentity } from './identity.ts';
import { sectorBytes } from './partition.ts';

/** Where the header (Virtual Disk Format 5.0, "Hosted Sparse Extents") says that the descriptor is, in sectors. */
const header = { bytes: 64, descriptorAt: 28, descriptorSectors: 36 } as const;

/** Replaces the random content identifier in a vmdk's descriptor, which is text. */
export async function fixVmdk(file: FileHandle, identity: DiskIdentity): Promise<void> {
  const head = Buffer.alloc(header.bytes);
  await file.read(head, 0, header.bytes, 0);
  const at = Number(head.readBigUInt64LE(header.descriptorAt)) * sectorBytes;
  const bytes = Buffer.alloc(Number(head.readBigUInt64LE(header.descriptorSectors)) * sectorBytes);
  await file.read(bytes, 0, bytes.length, at);
  // An identifier of fewer digits makes the text shorter: qemu-img leaves the end of a longer one behind its zero.
  const [text = ''] = bytes.toString('latin1').split('\0', 1);
  const id = identity.serial('vmdk').toString(16).padStart(8, '0');
  const fixed = Buffer.alloc(bytes.length);
  fixed.write(text.replace(/^CID=[0-9a-f]+$/m, `CID=${id}`), 'latin1');
  await file.write(fixed, 0, fixed.length, at);
}
