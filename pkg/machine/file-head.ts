import { open } from 'node:fs/promises';

/** The first bytes of a file: as many as there are, up to `length`. */
export async function readHead(file: string, length = 1024): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
export function isElf(head: Buffer): boolean {
  return head.toString('latin1', 0, 4) === '\x7fELF';
}
