import type { FileBytes } from './file-bytes.ts';

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
interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
}

const segmentTypes = { load: 1, dynamic: 2, interpreter: 3, note: 4 } as const;
const tags = { needed: 1, stringTable: 5, rpath: 15, runpath: 29 } as const;

/** Bytes of a 64-bit file's header, the longer one. */
export const elfHeaderBytes = 64;

/** Whether a file begins as an ELF file. */
export function isElf(bytes: Buffer): boolean {
  return bytes.length >= elfHeaderBytes && bytes.readUInt32BE(0) === 0x7f454c46;
}

/**
 * Reads an ELF file, or `undefined` for anything that is not a whole little-endian one: a file that a package
 * ships need not be valid, and what cannot be loaded needs no libraries.
 */
export async function readElf(bytes: FileBytes): Promise<ElfFile | undefined> {
  const head = await readHead(bytes);
  if (!head) return undefined;
  const { segments } = head;
  const interpreter = segments.find(({ type }) => type === segmentTypes.interpreter);
  const dynamic = segments.find(({ type }) => type === segmentTypes.dynamic);
  return {
    machine: head.machine,
    ...(interpreter && { interpreter: await stringAt(bytes, interpreter.offset) }),
    ...(await readDynamic(bytes, head, dynamic)),
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

/** What the beginning of a file tells. */
interface Head {
  readonly machine: number;
  readonly wordBytes: 4 | 8;
  /** The program header table. */
  readonly segments: readonly Segment[];
}

/** No file has a header, a table or a name as long as that. */
const maxBytes = 1 << 20;

async function readHead(bytes: FileBytes): Promise<Head | undefined> {
  const header = await bytes.at(0, elfHeaderBytes);
  const elf = classOf(header);
  if (elf === undefined) return undefined;
  const { headers, segment, wordBytes } = elf;
  const start = readWord(header, headers.start, wordBytes);
  const entrySize = header.readUInt16LE(headers.entrySize);
  const count = header.readUInt16LE(headers.count);
  if (entrySize < segment.bytes || start + entrySize * count > bytes.size) return undefined;
  const table = await bytes.at(start, Math.min(entrySize * count, maxBytes));
  const segments = Array.from({ length: Math.floor(table.length / entrySize) }, (_, index) => {
    const at = index * entrySize;
    return {
      type: table.readUInt32LE(at),
      offset: readWord(table, at + segment.offset, wordBytes),
      address: readWord(table, at + segment.address, wordBytes),
      size: readWord(table, at + segment.size, wordBytes),
    };
  });
  const isWhole = segments.every(({ offset, size }) => offset + size <= bytes.size);
  return isWhole ? { machine: header.readUInt16LE(18), wordBytes, segments } : undefined;
}

async function readDynamic(
  bytes: FileBytes,
  { segments, wordBytes }: Head,
  dynamic: Segment | undefined,
): Promise<Pick<ElfFile, 'needed' | 'runpath'>> {
  if (!dynamic) return { needed: [], runpath: [] };
  const section = await bytes.at(dynamic.offset, Math.min(dynamic.size, maxBytes));
  const entries: { readonly tag: number; readonly value: number }[] = [];
  for (let at = 0; at + 2 * wordBytes <= section.length; at += 2 * wordBytes) {
    const tag = readWord(section, at, wordBytes);
    if (tag === 0) break;
    entries.push({ tag, value: readWord(section, at + wordBytes, wordBytes) });
  }
  const strings = fileOffset(segments, entries.find(({ tag }) => tag === tags.stringTable)?.value);
  if (strings === undefined) return { needed: [], runpath: [] };
  const stringsOf = (wanted: number): Promise<readonly string[]> =>
    Promise.all(entries.filter(({ tag }) => tag === wanted).map(({ value }) => stringAt(bytes, strings + value)));
  const runpath = await stringsOf(tags.runpath);
  const searched = runpath.length > 0 ? runpath : await stringsOf(tags.rpath);
  return { needed: await stringsOf(tags.needed), runpath: searched.flatMap((folders) => folders.split(':')) };
}

/** Where in the file the byte lies that is loaded at an address. */
function fileOffset(segments: readonly Segment[], address: number | undefined): number | undefined {
  if (address === undefined) return undefined;
  const segment = segments.find(
    (each) => each.type === segmentTypes.load && address >= each.address && address < each.address + each.size,
  );
  return segment && address - segment.address + segment.offset;
}

/** Linux's PATH_MAX. */
const maxStringBytes = 4096;

async function stringAt(bytes: FileBytes, offset: number): Promise<string> {
  const text = await bytes.at(offset, maxStringBytes);
  return stringOf(text, 0);
}

function stringOf(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end < 0 ? bytes.length : end);
}

/**
 * Whether a file has a note of that owner and type in its PT_NOTE segments (gABI, "Note Section"): name size,
 * descriptor size, type, then both padded to 4 bytes.
 */
export async function hasNote(bytes: FileBytes, owner: string, type: number): Promise<boolean> {
  const { segments = [] } = (await readHead(bytes)) ?? {};
  for (const { type: segmentType, offset, size } of segments) {
    if (segmentType !== segmentTypes.note) continue;
    if (holdsNote(await bytes.at(offset, Math.min(size, maxBytes)), owner, type)) return true;
  }
  return false;
}

function holdsNote(notes: Buffer, owner: string, type: number): boolean {
  for (let at = 0; at + 12 <= notes.length;) {
    const nameSize = notes.readUInt32LE(at);
    const descriptorSize = notes.readUInt32LE(at + 4);
    if (notes.readUInt32LE(at + 8) === type && stringOf(notes, at + 12) === owner) return true;
    at += 12 + padded(nameSize) + padded(descriptorSize);
  }
  return false;
}

function padded(size: number): number {
  return (size + 3) & ~3;
}
