import { open } from 'node:fs/promises';

/** Bytes of which any part can be had by itself. */
export interface FileBytes {
  readonly size: number;
  /** Fewer where they end before. */
  readonly at: (offset: number, length: number) => Promise<Buffer>;
}

export function inMemory(bytes: Buffer): FileBytes {
  return { size: bytes.length, at: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) };
}

/** Opens a file of the host for the time of `use`: of a program of 60 MB, a few hundred bytes tell what it needs. */
export async function withFileBytes<Result>(file: string, use: (bytes: FileBytes) => Promise<Result>): Promise<Result> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const at = async (offset: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return await use({ size, at });
  } finally {
    await handle.close();
  }
}
