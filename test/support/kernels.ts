/** The beginning of an x86 bzImage: Documentation/arch/x86/boot.rst. */
export function bzImageHead(protocol = 0x20f): Buffer {
  const head = Buffer.alloc(1024);
  // One sector of set-up code, nothing of the kernel itself, to be loaded high.
  head[0x1f1] = 1;
  head[0x211] = 1;
  head.writeUInt16LE(0xaa55, 0x1fe);
  head.write('HdrS', 0x202, 'latin1');
  head.writeUInt16LE(protocol, 0x206);
  return head;
}

/** The beginning of an uncompressed arm64 Image: Documentation/arch/arm64/booting.rst. */
export function arm64ImageHead(): Buffer {
  const head = Buffer.alloc(1024);
  head.write('ARM\x64', 0x38, 'latin1');
  return head;
}
