import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { type DebianPackage, debianPackagesOf, formatPlatform, type StoredImage } from '../image/index.ts';
import { LockError } from './error.ts';
import type { Lock, LockedImage } from './types.ts';

/** An image of a system, and what the lock calls it. */
export interface NamedImage {
  readonly name: string;
  readonly image: StoredImage;
}

/** The lock of a system that has these images. The order in which they come makes no difference. */
export function makeLock(images: readonly NamedImage[]): Lock {
  const entries = new Map(images.map((each) => lockedImage(each)).map((each) => [keyOf(each), each]));
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { version: 1, images: sorted.map(([, entry]) => entry) };
}

/** An image of one name may be there for several platforms. */
export function keyOf({ image, platform }: Pick<LockedImage, 'image' | 'platform'>): string {
  return `${image}\0${platform}`;
}

function lockedImage({ name, image: { descriptor, manifest, config } }: NamedImage): LockedImage {
  const { mediaType, digest, size } = descriptor;
  const packages = debianPackagesOf(manifest).map(onlyFacts).sort(byName);
  const platform = formatPlatform({ os: config.os, architecture: config.architecture });
  return { image: name, platform, mediaType, digest, size, ...(packages.length > 0 && { packages }) };
}

function onlyFacts({ name, version, architecture, sha256 }: DebianPackage): DebianPackage {
  return { name, version, architecture, sha256 };
}

function byName(a: DebianPackage, b: DebianPackage): number {
  return `${a.name} ${a.architecture}` < `${b.name} ${b.architecture}` ? -1 : 1;
}

/** The text of a lock file: the same for the same lock, and easy to compare line by line. */
export function printLock(lock: Lock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/**
 * Writes a lock file aside and moves it into place; one that says the same already is left alone.
 *
 * @throws {LockError} `cannot-write`
 */
export async function writeLock(file: string, lock: Lock): Promise<void> {
  const text = printLock(lock);
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
  const aside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(aside, text);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    if (!isErrno(error)) throw error;
    throw new LockError('cannot-write', `cannot write ${file}: ${error.message}`, { cause: error });
  }
}
