import type { FileHandle } from 'node:fs/promises';
import type { DiskIdentity } from './identity.ts';

/** Offsets in the footer (Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"); big-endian. */
const footer = { bytes: 512, time: 24, checksum: 64, uuid: 68 } as const;

/** Gives a VHD a fixed date and an identifier of its own. A dynamic one has a copy of the footer at its beginning. */
export async function fixVhd(file: FileHandle, identity: DiskIdentity, isDynamic: boolean): Promise<void> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(footer.bytes);
  await file.read(bytes, 0, footer.bytes, size - footer.bytes);
  bytes.writeUInt32BE(0, footer.time);
  bytes.write(identity.uuid('vhd').replaceAll('-', ''), footer.uuid, 'hex');
  bytes.writeUInt32BE(0, footer.checksum);
  // Unsigned, without overflow: 512 bytes add up to less than 2^17.
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.writeUInt32BE(~sum >>> 0, footer.checksum);
  for (const at of isDynamic ? [0, size - footer.bytes] : [size - footer.bytes]) {
    await file.write(bytes, 0, footer.bytes, at);
  }
}
