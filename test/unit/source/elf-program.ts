/** The header of an ELF file, and for ARM the section of its attributes. */
export function elfProgram(
  bits: 32 | 64,
  machine: number,
  { flags = 0, cpu }: { flags?: number; cpu?: number } = {},
): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x7f454c46);
  header.set([bits / 32, 1, 1], 4);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(flags, 36);
  if (cpu === undefined) return header;
  // Tag_CPU_name (a text) stands before Tag_CPU_arch, as compilers write them.
  const attributes = Buffer.from([0x05, ...Buffer.from('name\0'), 0x06, cpu]);
  const file = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), attributes]);
  file.writeUInt32LE(file.length, 1);
  const vendor = Buffer.concat([Buffer.alloc(4), Buffer.from('aeabi\0'), file]);
  vendor.writeUInt32LE(vendor.length);
  const content = Buffer.concat([Buffer.from('A'), vendor]);
  const section = Buffer.alloc(40);
  section.writeUInt32LE(0x70000003, 4);
  section.writeUInt32LE(104, 16);
  section.writeUInt32LE(content.length, 20);
  header.writeUInt32LE(64, 32);
  header.writeUInt16LE(40, 46);
  header.writeUInt16LE(1, 48);
  return Buffer.concat([header, section, content]);
}
