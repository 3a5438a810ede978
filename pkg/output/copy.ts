import { constants } from 'node:fs';
import { copyFile, stat, utimes } from 'node:fs/promises';

/**
 * Copies a file with its time, so that `isCopy` knows it again. Where the file system can, the two share their bytes.
 */
export async function copyWithTime(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  // Not as dates: those are whole milliseconds.
  const { atimeMs, mtimeMs } = await stat(source);
  await utimes(target, atimeMs / 1000, mtimeMs / 1000);
}

/** Whether `target` is what `copyWithTime` made of `source`, as far as size and time tell. */
export async function isCopy(source: string, target: string): Promise<boolean> {
  const [from, to] = await Promise.all([stat(source), stat(target).catch(() => undefined)]);
  // Times go through `utimes` with the precision of a microsecond.
  return to?.isFile() === true && to.size === from.size && Math.abs(to.mtimeMs - from.mtimeMs) < 0.01;
}
