import type { Platform } from '../image/index.ts';

/** `e_machine` (System V ABI, gABI chapter 4, "ELF Header"). */
const machines = { i386: 3, arm: 40, amd64: 62, arm64: 183, riscv: 243 } as const;

/** Of the header of a 32-bit file, the shorter one. */
const headerBytes = 52;

/** EF_ARM_ABI_FLOAT_HARD (Arm ELF, ABI for the Arm Architecture, section 5.2 "ELF header"). */
const hardFloat = 0x400;

/**
 * Which platform a program is for, in OCI's names (image-spec, config.md, `architecture`; image-index.md, "Platform
 * Variants").
 *
 * @returns `undefined` for what is not a little-endian ELF file of a known machine
 */
export function elfPlatform(bytes: Buffer): Platform | undefined {
  const machine = machineOf(bytes);
  const is64 = bytes[4] === 2;
  switch (machine) {
    case machines.i386:
      return { os: 'linux', architecture: '386' };
    case machines.amd64:
      return is64 ? { os: 'linux', architecture: 'amd64' } : undefined;
    case machines.arm64:
      return is64 ? { os: 'linux', architecture: 'arm64' } : undefined;
    case machines.riscv:
      return is64 ? { os: 'linux', architecture: 'riscv64' } : undefined;
    case machines.arm:
      return { os: 'linux', architecture: 'arm', variant: armVariant(bytes) };
    case undefined:
    default:
      return undefined;
  }
}

/** Whether a file begins as a program for 32-bit ARM, of which only the whole file tells the variant. */
export function isArmProgram(head: Buffer): boolean {
  return machineOf(head) === machines.arm;
}

/** Of a little-endian ELF file, by the start of it. */
function machineOf(head: Buffer): number | undefined {
  const isElf = head.length >= headerBytes && head.readUInt32BE(0) === 0x7f454c46 && head[5] === 1;
  return isElf ? head.readUInt16LE(18) : undefined;
}

/** The architecture that the compiler noted; without a note, what the calling convention at least needs. */
function armVariant(bytes: Buffer): string {
  const noted = cpuArchitecture(bytes);
  if (noted === undefined) return (bytes.readUInt32LE(36) & hardFloat) === 0 ? 'v5' : 'v7';
  // Tag_CPU_arch's values: 3 to 5 are v5T, v5TE, v5TEJ; 6 to 9 and 11 are kinds of v6; 10 is v7; 14 and up are v8.
  if (noted <= 5) return 'v5';
  if (noted < 10 || noted === 11 || noted === 12) return 'v6';
  return noted >= 14 ? 'v8' : 'v7';
}

const attributesType = 0x70000003; // SHT_ARM_ATTRIBUTES
const tagFile = 1;
const tagCpuArch = 6;
/** Tags of the file's attributes whose value is a text; of those from 32 on, the odd ones. */
const textTags = [4, 5, 67];

/** Tag_CPU_arch of the build attributes (Addenda to, and Errata in, the ABI for the Arm Architecture, section 3.3). */
function cpuArchitecture(bytes: Buffer): number | undefined {
  const section = attributesSection(bytes);
  // 'A', then subsections: length, vendor, and of "aeabi" the attributes of the whole file first.
  if (section?.[0] !== 0x41) return undefined;
  const vendorEnd = section.indexOf(0, 5);
  if (vendorEnd < 0 || section.toString('latin1', 5, vendorEnd) !== 'aeabi') return undefined;
  let at = vendorEnd + 1;
  if (section[at] !== tagFile) return undefined;
  at += 5;
  while (at < section.length) {
    const tag = uleb128(section, at);
    at = tag.end;
    if (textTags.includes(tag.value) || (tag.value > 32 && tag.value % 2 === 1)) {
      const end = section.indexOf(0, at);
      if (end < 0) return undefined;
      at = end + 1;
      continue;
    }
    const value = uleb128(section, at);
    if (tag.value === tagCpuArch) return value.value;
    at = value.end;
  }
  return undefined;
}

/** The section header table of a 32-bit file. */
function attributesSection(bytes: Buffer): Buffer | undefined {
  const start = bytes.readUInt32LE(32);
  const entrySize = bytes.readUInt16LE(46);
  const count = bytes.readUInt16LE(48);
  for (let index = 0; index < count; index++) {
    const at = start + index * entrySize;
    if (at + 24 > bytes.length) return undefined;
    if (bytes.readUInt32LE(at + 4) !== attributesType) continue;
    const offset = bytes.readUInt32LE(at + 16);
    return bytes.subarray(offset, offset + bytes.readUInt32LE(at + 20));
  }
  return undefined;
}

/** An unsigned number in groups of seven bits, the lowest first (DWARF 4, section 7.6). */
function uleb128(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let at = start;
  for (let shift = 0; at < bytes.length && shift < 32; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { value, end: at };
}
