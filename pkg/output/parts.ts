import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { readHostFile } from '../archive/index.ts';
import { findTool } from '../host/index.ts';
import { each } from './members.ts';

/** A piece of an output file: a file as it is, or bytes that are made each time they are asked for. */
export type Part = { readonly file: string } | { readonly bytes: () => AsyncIterable<Buffer> };

/** Bytes that are at hand. */
export function bytes(content: Buffer): Part {
  return { bytes: () => each([content]) };
}

/** All parts, one after another. Memory does not grow with their size. */
export async function* partBytes(parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* 'file' in part ? readHostFile(part.file) : part.bytes();
}

/**
 * Writes all parts to a file, anew.
 *
 * coreutils' cat has the kernel copy (copy_file_range), in less than half the time, and without copying anything where
 * the file system can share blocks; Node has no call for that. Whatever goes wrong with it goes wrong again, and is
 * told better, without it.
 */
export async function writeParts(parts: readonly Part[], target: string, signal?: AbortSignal): Promise<void> {
  const cat = await findTool('cat');
  if (cat !== undefined && (await concatenate(cat, parts, target, signal))) return;
  signal?.throwIfAborted();
  await pipeline(partBytes(parts), createWriteStream(target), { signal });
}

/** Below this size, starting a program takes longer than copying. */
const largeBytes = 2 << 20;

async function concatenate(
  cat: string,
  parts: readonly Part[],
  target: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const output = await open(target, 'w');
  try {
    for (const run of runsOf(parts)) {
      const files = run.flatMap((part) => ('file' in part ? [part.file] : []));
      const stats = await Promise.all(files.map((file) => stat(file)));
      const isLarge = stats.reduce((bytes, { size }) => bytes + size, 0) >= largeBytes;
      // Both write at the file's position, which the program shares.
      if (!isLarge) for await (const chunk of partBytes(run)) await output.appendFile(chunk);
      else if (!(await succeeds(cat, files, output.fd, signal))) return false;
    }
    return true;
  } finally {
    await output.close();
  }
}

/** Files that follow one another go together. */
function runsOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const runs: Part[][] = [];
  let last: Part | undefined;
  for (const part of parts) {
    if (last !== undefined && 'file' in last && 'file' in part) runs.at(-1)?.push(part);
    else runs.push([part]);
    last = part;
  }
  return runs;
}

async function succeeds(
  program: string,
  args: readonly string[],
  output: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const child = spawn(program, args, { stdio: ['ignore', output, 'ignore'], ...(signal && { signal }) });
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return exitCode === 0;
  } catch {
    return false;
  }
}
