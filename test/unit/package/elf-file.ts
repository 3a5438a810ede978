/** Makes small ELF files for tests (System V ABI: 64 bit, little endian), with nothing in them but what is asked for. */
export interface ElfParts {
  readonly machine: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  /** Owner and type. */
  readonly notes?: readonly (readonly [owner: string, type: number])[];
}

const headerBytes = 64;
const segmentBytes = 56;
/** Where the file's first byte is loaded. */
const base = 0x400000;

export function elfFile({ machine, interpreter, needed = [], runpath, notes = [] }: ElfParts): Buffer {
  const strings = ['', ...needed, runpath ?? ''].map((text) => Buffer.from(`${text}\0`));
  const offsets = strings.map((_, index) => Buffer.concat(strings.slice(0, index)).length);
  const isDynamic = needed.length > 0 || runpath !== undefined;

  const segmentCount = 1 + (interpreter === undefined ? 0 : 1) + (isDynamic ? 1 : 0) + (notes.length > 0 ? 1 : 0);
  const parts: Buffer[] = [Buffer.alloc(headerBytes + segmentCount * segmentBytes)];
  const place = (bytes: Buffer): { readonly offset: number; readonly size: number } => {
    const offset = Buffer.concat(parts).length;
    parts.push(bytes);
    return { offset, size: bytes.length };
  };

  const segments: { type: number; offset: number; size: number }[] = [];
  if (interpreter !== undefined) segments.push({ type: 3, ...place(Buffer.from(`${interpreter}\0`)) });
  if (isDynamic) {
    const table = place(Buffer.concat(strings));
    const entries = [
      ...needed.map((_, index) => [1, offsets[index + 1] ?? 0]),
      ...(runpath === undefined ? [] : [[29, offsets.at(-1) ?? 0]]),
      [5, base + table.offset],
      [0, 0],
    ];
    segments.push({ type: 2, ...place(Buffer.concat(entries.flat().map(word))) });
  }
  if (notes.length > 0)
    segments.push({ type: 4, ...place(Buffer.concat(notes.map(([owner, type]) => note(owner, type)))) });

  const file = Buffer.concat(parts);
  for (const [index, segment] of [{ type: 1, offset: 0, size: file.length }, ...segments].entries()) {
    writeSegment(file, headerBytes + index * segmentBytes, segment);
  }
  file.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(BigInt(headerBytes), 32);
  file.writeUInt16LE(segmentBytes, 54);
  file.writeUInt16LE(segmentCount, 56);
  return file;
}

function writeSegment(
  file: Buffer,
  at: number,
  { type, offset, size }: { type: number; offset: number; size: number },
): void {
  file.writeUInt32LE(type, at);
  file.writeBigUInt64LE(BigInt(offset), at + 8);
  file.writeBigUInt64LE(BigInt(base + offset), at + 16);
  file.writeBigUInt64LE(BigInt(size), at + 32);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function note(owner: string, type: number): Buffer {
  const bytes = Buffer.alloc(12 + 4 * Math.ceil((owner.length + 1) / 4) + 8);
  bytes.writeUInt32LE(owner.length + 1, 0);
  bytes.writeUInt32LE(5, 4);
  bytes.writeUInt32LE(type, 8);
  bytes.write(owner, 12, 'latin1');
  return bytes;
}
