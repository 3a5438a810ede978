import path from 'node:path';
import { lockName, makeLock, writeLock } from '../lock/index.ts';
import { recordBuild, type Store, type UsedImage } from '../store/index.ts';
import type { ResolvedImage } from './resolve.ts';

/** Where the lock of a build belongs. */
export interface LockTarget {
  /** Absolute path of the lock file. */
  readonly file: string;
  /** The folder that paths in the lock are relative to: that of the first YAML file. */
  readonly root: string;
}

/** The name of the lock file that goes with the output files of that prefix. */
export function lockFileName(name: string): string {
  return `${name}.lock.json`;
}

/** Writes the lock of a system. */
export async function lockSystem(images: readonly ResolvedImage[], { file, root }: LockTarget): Promise<void> {
  await writeLock(file, makeLock(images.map(({ image, stored }) => ({ name: lockName(image, root), image: stored }))));
}

/** Has the store remember what a build used, so that it stays there as long as the lock does. */
export async function rememberBuild(store: Store, images: readonly ResolvedImage[], lock: string): Promise<void> {
  await recordBuild(store, { lock: path.resolve(lock), images: images.map(usedImage) });
}

function usedImage({ image: { text, baseDir, build }, arch, stored }: ResolvedImage): UsedImage {
  const { digest } = stored.descriptor;
  return { text, baseDir, architecture: arch, digest, ...(build !== undefined && { build: { ...build } }) };
}
