const sectorBytes = 2048;
/** The system area, sectors 0 to 15, is the boot loader's. */
const firstDescriptor = 16;
const sectors = { pathTableLittle: 18, pathTableBig: 19, root: 20, content: 21 } as const;
/** libarchive takes a shorter file for no ISO image. */
const leastSectors = 24;
const pathTableBytes = 10;

/**
 * An ISO 9660 image (ECMA-119, the sections named below) with one file in its root folder. Linux shows its name in lower
 * case. The same input gives the same bytes: no dates are recorded.
 *
 * @param name up to 8 of A–Z, 0–9 and _
 */
export function singleFileIso(name: string, content: Uint8Array): Buffer {
  const contentSectors = Math.ceil(content.length / sectorBytes);
  const image = Buffer.alloc(Math.max(sectors.content + contentSectors, leastSectors) * sectorBytes);
  writePrimaryDescriptor(image, name);
  writeTerminator(image);
  writePathTables(image);
  const root = image.subarray(sectors.root * sectorBytes);
  let offset = 0;
  for (const [entry, sector, length, flags] of [
    ['\0', sectors.root, sectorBytes, 2],
    ['\x01', sectors.root, sectorBytes, 2],
    [`${name}.;1`, sectors.content, content.length, 0],
  ] as const) {
    const record = directoryRecord(entry, sector, length, flags);
    record.copy(root, offset);
    offset += record.length;
  }
  image.set(content, sectors.content * sectorBytes);
  return image;
}

/** 8.4 */
function writePrimaryDescriptor(image: Buffer, volume: string): void {
  const descriptor = image.subarray(firstDescriptor * sectorBytes, (firstDescriptor + 1) * sectorBytes);
  descriptor.write('\x01CD001\x01', 'latin1');
  descriptor.fill(' ', 8, 72);
  descriptor.write(volume, 40, 'latin1');
  writeBoth32(descriptor, 80, image.length / sectorBytes);
  for (const at of [120, 124]) writeBoth16(descriptor, at, 1);
  writeBoth16(descriptor, 128, sectorBytes);
  writeBoth32(descriptor, 132, pathTableBytes);
  descriptor.writeUInt32LE(sectors.pathTableLittle, 140);
  descriptor.writeUInt32BE(sectors.pathTableBig, 148);
  directoryRecord('\0', sectors.root, sectorBytes, 2).copy(descriptor, 156);
  descriptor.fill(' ', 190, 813);
  // Four dates that are not specified: sixteen digits zero and a time zone (8.4.26.1).
  for (let at = 813; at < 881; at += 17) descriptor.fill('0', at, at + 16);
  descriptor[881] = 1;
}

/** 8.3 */
function writeTerminator(image: Buffer): void {
  image.write('\xffCD001\x01', (firstDescriptor + 1) * sectorBytes, 'latin1');
}

/** 9.4: the root folder alone, in both byte orders. */
function writePathTables(image: Buffer): void {
  const little = sectors.pathTableLittle * sectorBytes;
  const big = sectors.pathTableBig * sectorBytes;
  image[little] = image[big] = 1;
  image.writeUInt32LE(sectors.root, little + 2);
  image.writeUInt32BE(sectors.root, big + 2);
  image.writeUInt16LE(1, little + 6);
  image.writeUInt16BE(1, big + 6);
}

/** 9.1 */
function directoryRecord(name: string, sector: number, length: number, flags: number): Buffer {
  const record = Buffer.alloc(33 + name.length + ((name.length + 1) % 2));
  record[0] = record.length;
  writeBoth32(record, 2, sector);
  writeBoth32(record, 10, length);
  record[25] = flags;
  writeBoth16(record, 28, 1);
  record[32] = name.length;
  record.write(name, 33, 'latin1');
  return record;
}

/** 7.3.3: numbers are recorded in both byte orders. */
function writeBoth32(target: Buffer, at: number, value: number): void {
  target.writeUInt32LE(value, at);
  target.writeUInt32BE(value, at + 4);
}

/** 7.2.3 */
function writeBoth16(target: Buffer, at: number, value: number): void {
  target.writeUInt16LE(value, at);
  target.writeUInt16BE(value, at + 2);
}
