/** What the dynamic loader would need to know about a program or library (System V ABI, gABI chapters 4 and 5). */
export interface ElfFile {
  /** `e_machine`: 62 is x86-64, 183 AArch64, 243 RISC-V. */
  readonly machine: number;
  /** The loader that the kernel starts in the program's place (PT_INTERP). */
  readonly interpreter?: string;
  /** Names of libraries (DT_NEEDED). */
  readonly needed: readonly string[];
  /** Folders to search first (DT_RUNPATH, or the older DT_RPATH), `$ORIGIN` as written. */
  readonly runpath: readonly string[];
}

/** A part of the file that is loaded or described (gABI, "Program Header"). */
export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
}

const segmentTypes = { load: 1, dynamic: 2, interpreter: 3, note: 4 } as const;
const tags = { needed: 1, stringTable: 5, rpath: 15, runpath: 29 } as const;

export function isElf(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes.readUInt32BE(0) === 0x7f454c46;
}

/**
 * Reads an ELF file, or `undefined` for anything that is not a whole little-endian one: a file that a package
 * ships need not be valid, and what cannot be loaded needs no libraries.
 */
export function readElf(bytes: Buffer): ElfFile | undefined {
  const segments = readSegments(bytes);
  if (!segments) return undefined;
  const interpreter = segments.find(({ type }) => type === segmentTypes.interpreter);
  const dynamic = segments.find(({ type }) => type === segmentTypes.dynamic);
  return {
    machine: bytes.readUInt16LE(18),
    ...(interpreter && { interpreter: stringAt(bytes, interpreter.offset) }),
    ...readDynamic(bytes, segments, dynamic),
  };
}

/** Where a class of files has what is read here, and how wide its addresses are (gABI, chapters 4 and 5). */
interface ElfClass {
  readonly headers: { readonly start: number; readonly entrySize: number; readonly count: number };
  /** Bytes of a program header, and the offsets in it. */
  readonly segment: {
    readonly bytes: number;
    readonly offset: number;
    readonly address: number;
    readonly size: number;
  };
  /** Bytes of a word: half an entry of the dynamic section. */
  readonly wordBytes: 4 | 8;
}

const classes: Readonly<Record<number, ElfClass>> = {
  1: {
    headers: { start: 28, entrySize: 42, count: 44 },
    segment: { bytes: 32, offset: 4, address: 8, size: 16 },
    wordBytes: 4,
  },
  2: {
    headers: { start: 32, entrySize: 54, count: 56 },
    segment: { bytes: 56, offset: 8, address: 16, size: 32 },
    wordBytes: 8,
  },
};

/** The class of a little-endian file. */
function classOf(bytes: Buffer): ElfClass | undefined {
  return isElf(bytes) && bytes[5] === 1 ? classes[bytes[4] ?? 0] : undefined;
}

function readWord(bytes: Buffer, at: number, wordBytes: 4 | 8): number {
  return wordBytes === 4 ? bytes.readUInt32LE(at) : Number(bytes.readBigUInt64LE(at));
}

/** The program header table of a little-endian file. */
export function readSegments(bytes: Buffer): readonly Segment[] | undefined {
  const elf = classOf(bytes);
  if (elf === undefined) return undefined;
  const { headers, segment, wordBytes } = elf;
  const start = readWord(bytes, headers.start, wordBytes);
  const entrySize = bytes.readUInt16LE(headers.entrySize);
  const count = bytes.readUInt16LE(headers.count);
  if (entrySize < segment.bytes || start + entrySize * count > bytes.length) return undefined;
  const segments = Array.from({ length: count }, (_, index) => {
    const at = start + index * entrySize;
    return {
      type: bytes.readUInt32LE(at),
      offset: readWord(bytes, at + segment.offset, wordBytes),
      address: readWord(bytes, at + segment.address, wordBytes),
      size: readWord(bytes, at + segment.size, wordBytes),
    };
  });
  return segments.every(({ offset, size }) => offset + size <= bytes.length) ? segments : undefined;
}

function readDynamic(
  bytes: Buffer,
  segments: readonly Segment[],
  dynamic: Segment | undefined,
): Pick<ElfFile, 'needed' | 'runpath'> {
  const wordBytes = classOf(bytes)?.wordBytes;
  if (!dynamic || wordBytes === undefined) return { needed: [], runpath: [] };
  const entries: { readonly tag: number; readonly value: number }[] = [];
  for (let at = dynamic.offset; at + 2 * wordBytes <= dynamic.offset + dynamic.size; at += 2 * wordBytes) {
    const tag = readWord(bytes, at, wordBytes);
    if (tag === 0) break;
    entries.push({ tag, value: readWord(bytes, at + wordBytes, wordBytes) });
  }
  const strings = fileOffset(segments, entries.find(({ tag }) => tag === tags.stringTable)?.value);
  if (strings === undefined) return { needed: [], runpath: [] };
  const stringsOf = (wanted: number): readonly string[] =>
    entries.filter(({ tag }) => tag === wanted).map(({ value }) => stringAt(bytes, strings + value));
  const runpath = stringsOf(tags.runpath);
  const searched = runpath.length > 0 ? runpath : stringsOf(tags.rpath);
  return { needed: stringsOf(tags.needed), runpath: searched.flatMap((folders) => folders.split(':')) };
}

/** Where in the file the byte lies that is loaded at an address. */
function fileOffset(segments: readonly Segment[], address: number | undefined): number | undefined {
  if (address === undefined) return undefined;
  const segment = segments.find(
    (each) => each.type === segmentTypes.load && address >= each.address && address < each.address + each.size,
  );
  return segment && address - segment.address + segment.offset;
}

function stringAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end < 0 ? bytes.length : end);
}

/**
 * The descriptors of the notes of one owner and type in a file's PT_NOTE segments (gABI, "Note Section"): name size,
 * descriptor size, type, then both padded to 4 bytes.
 */
export function hasNote(bytes: Buffer, owner: string, type: number): boolean {
  const notes = (readSegments(bytes) ?? []).filter((segment) => segment.type === segmentTypes.note);
  return notes.some(({ offset, size }) => {
    for (let at = offset; at + 12 <= offset + size;) {
      const nameSize = bytes.readUInt32LE(at);
      const descriptorSize = bytes.readUInt32LE(at + 4);
      if (bytes.readUInt32LE(at + 8) === type && stringAt(bytes, at + 12) === owner) return true;
      at += 12 + padded(nameSize) + padded(descriptorSize);
    }
    return false;
  });
}

function padded(size: number): number {
  return (size + 3) & ~3;
}
