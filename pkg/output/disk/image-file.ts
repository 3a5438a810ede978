import { open } from 'node:fs/promises';
import { chunkBytes, readHostFile } from '../../archive/index.ts';
import type { Patch } from './partition.ts';

/** A new file of that size, of which nothing takes space yet. */
export async function makeSparse(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.truncate(bytes);
  } finally {
    await handle.close();
  }
}

/** Writes into an existing file. */
export async function patchFile(file: string, patches: readonly Patch[]): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    for (const { offset, bytes } of patches) await handle.write(bytes, 0, bytes.length, offset);
  } finally {
    await handle.close();
  }
}

const zeros = Buffer.alloc(chunkBytes);

/** A copy in which long runs of zeros take no space. */
export async function copySparse(source: string, target: string, signal?: AbortSignal): Promise<void> {
  const handle = await open(target, 'w');
  try {
    let at = 0;
    for await (const chunk of readHostFile(source)) {
      signal?.throwIfAborted();
      if (!chunk.equals(zeros.subarray(0, chunk.length))) await handle.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    await handle.truncate(at);
  } finally {
    await handle.close();
  }
}
