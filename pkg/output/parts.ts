import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, rm, stat, writeFile } from 'node:fs/promises';
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

/**
 * One program for all: what stands between the files is little, and goes through files of its own. What comes after the
 * last one may be large, and is appended.
 */
async function concatenate(
  cat: string,
  parts: readonly Part[],
  target: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const end = parts.findLastIndex((part) => 'file' in part) + 1;
  const sizes = parts.slice(0, end).map(async (part) => ('file' in part ? (await stat(part.file)).size : 0));
  const size = (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0);
  if (size < largeBytes) return false;
  const temporary: string[] = [];
  const output = await open(target, 'w');
  try {
    await reserve(target, size + usualRestBytes, signal);
    const files = runsOf(parts.slice(0, end)).map(async (run, index): Promise<readonly string[]> => {
      const [first] = run;
      if (first === undefined || 'file' in first) return run.flatMap((part) => ('file' in part ? [part.file] : []));
      const file = `${target}.${index}`;
      temporary.push(file);
      await writeFile(file, partBytes(run));
      return [file];
    });
    const arguments_ = (await Promise.all(files)).flat();
    if (!(await succeeds(cat, arguments_, output.fd, signal))) return false;
    // Both write at the file's position, which the program shared.
    for await (const chunk of partBytes(parts.slice(end))) await output.appendFile(chunk);
    return true;
  } finally {
    await output.close();
    await Promise.all(temporary.map((file) => rm(file, { force: true })));
  }
}

/** What stands between the files and after them is seldom more. */
const usualRestBytes = 1 << 20;

/**
 * Reserves a file's place on the disk. When a file is renamed to one that is there, ext4 writes it out at once, for which
 * the one who renames waits (mount option `auto_da_alloc`): of 100 MB, 40 ms. Not so where it has its place already.
 * Other file systems, and systems without such a program, have no such wait.
 */
async function reserve(file: string, bytes: number, signal: AbortSignal | undefined): Promise<void> {
  const fallocate = await findTool('fallocate');
  if (fallocate === undefined) return;
  await succeeds(fallocate, ['--keep-size', '--length', String(bytes), file], 'ignore', signal);
}

/** Files that follow one another go together, and so does what is none. */
function runsOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const runs: Part[][] = [];
  let last: Part | undefined;
  for (const part of parts) {
    if (last !== undefined && 'file' in last === 'file' in part) runs.at(-1)?.push(part);
    else runs.push([part]);
    last = part;
  }
  return runs;
}

async function succeeds(
  program: string,
  args: readonly string[],
  output: number | 'ignore',
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
