import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import type { Finding } from './finding.ts';

/** A system's images, packed and unpacked, and its kernel, once. */
const comfortableBytes = 2 * 2 ** 30;
const leastBytes = 300 * 2 ** 20;

/** Free space where a folder is, or will be. */
export async function examineSpace(subject: string, folder: string): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const state = free >= comfortableBytes ? 'works' : free >= leastBytes ? 'limited' : 'fails';
    const detail = `${(free / 2 ** 30).toFixed(1)} GiB free in ${folder}`;
    const hint = state === 'works' ? undefined : 'Free some space: lkit cache prune';
    return { area: 'space', subject, state, detail, hint };
  } catch (error) {
    if (isErrno(error, 'ENOENT') && path.dirname(folder) !== folder) return examineSpace(subject, path.dirname(folder));
    throw error;
  }
}
