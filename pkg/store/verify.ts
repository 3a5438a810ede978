import path from 'node:path';
import type { Digest } from '../image/index.ts';
import { digestOf } from './blobs.ts';
import { type Inventory, type StoredFile, takeInventory } from './inventory.ts';
import { knownImages, partsOf } from './known.ts';
import { removeFiles } from './remove.ts';
import type { Store } from './store.ts';

/** A file of the store that is not what it was when it was written. */
export interface Damage {
  /** A blob's digest, or `KIND/HEX` of a derived file. */
  readonly name: string;
  readonly kind: 'blob' | 'derived';
  /** What is wrong: `it has the digest sha256:…`. */
  readonly problem: string;
  /** The images that it belongs to, as people call them. */
  readonly images: readonly string[];
}

/** An image that lacks parts. */
export interface IncompleteImage {
  readonly digest: Digest;
  /** As people call it: names in the store, and what builds called it. */
  readonly names: readonly string[];
  readonly missing: readonly Digest[];
}

export interface VerifyOptions {
  /** Told as bytes are read. */
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifyReport {
  /** Files that were read. */
  readonly files: number;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly damaged: readonly Damage[];
}

/** Files read side by side: while one is hashed, the disk brings the next. */
const parallelFiles = 4;

/** Reads every blob and every derived file, and compares it with what it was when it was written. */
export async function verifyStore(store: Store, { progress, signal }: VerifyOptions = {}): Promise<VerifyReport> {
  const inventory = await takeInventory(store);
  const checks = checksOf(store, inventory);
  const total = checks.reduce((sum, { size }) => sum + size, 0);
  const damaged: Damage[] = [];
  let bytes = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let check = checks[next++]; check !== undefined; check = checks[next++]) {
      const problem = await problemOf(check, (length) => {
        signal?.throwIfAborted();
        progress?.((bytes += length), total);
      });
      if (problem === undefined) continue;
      const { name, kind } = check;
      damaged.push({ name, kind, problem, images: kind === 'blob' ? imagesOf(inventory, name as Digest) : [] });
    }
  };
  await Promise.all(Array.from({ length: parallelFiles }, worker));
  return { files: checks.length, bytes, damaged: damaged.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Removes damaged files, unless somebody has written them anew since. */
export async function removeDamaged(store: Store, damaged: readonly Damage[]): Promise<void> {
  const gone = new Set(damaged.map(({ name }) => name));
  await removeFiles(store, async (inventory) => {
    const still = new Set((await Promise.all(checksOf(store, inventory, gone).map(stillDamaged))).flat());
    return {
      blobs: [...inventory.blobs.keys()].filter((digest) => still.has(digest)),
      derived: inventory.derived.map(({ name }) => name).filter((name) => still.has(name)),
    };
  });
}

/**
 * Images that lack parts: those that have a name or are locked, and those that a build used and that are there at all.
 */
export async function incompleteImages(store: Store): Promise<readonly IncompleteImage[]> {
  const inventory = await takeInventory(store);
  const locked = inventory.builds.filter(({ isLocked }) => isLocked).flatMap(({ images }) => images);
  const wanted = new Set([...inventory.names, ...locked].map(({ digest }) => digest));
  return [...knownImages(inventory)].flatMap(([digest, names]) => {
    if (!wanted.has(digest) && !inventory.blobs.has(digest)) return [];
    const missing = partsOf(inventory, digest).filter((part) => !inventory.blobs.has(part));
    return missing.length === 0 ? [] : [{ digest, names, missing }];
  });
}

interface Check extends StoredFile {
  readonly name: string;
  readonly kind: Damage['kind'];
  readonly file: string;
  readonly expected: { readonly digest: Digest; readonly size?: number };
}

function checksOf(store: Store, { blobs, derived }: Inventory, only?: ReadonlySet<string>): readonly Check[] {
  const checks: Check[] = [...blobs].map(([digest, file]) => {
    return { ...file, name: digest, kind: 'blob', file: store.blobPath(digest), expected: { digest } };
  });
  for (const { record, name, size, usedAt } of derived) {
    if (record === undefined) continue;
    const file = path.join(store.folders.derived, name);
    checks.push({ name, size, usedAt, kind: 'derived', file, expected: record });
  }
  return only === undefined ? checks : checks.filter(({ name }) => only.has(name));
}

async function problemOf({ file, expected }: Check, see?: (bytes: number) => void): Promise<string | undefined> {
  try {
    const { digest, size } = await digestOf(file, see);
    if (digest === expected.digest) return undefined;
    if (expected.size !== undefined && expected.size !== size)
      return `it has ${size} bytes instead of ${expected.size}`;
    return `its content is ${digest}`;
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    // Removed while this ran.
    return 'code' in error && error.code === 'ENOENT' ? undefined : `it cannot be read: ${error.message}`;
  }
}

async function stillDamaged(check: Check): Promise<readonly string[]> {
  return (await problemOf(check)) === undefined ? [] : [check.name];
}

function imagesOf(inventory: Inventory, blob: Digest): readonly string[] {
  const known = knownImages(inventory);
  const holders = [...known].filter(([digest]) => partsOf(inventory, digest).includes(blob));
  return [...new Set(holders.flatMap(([, names]) => names))];
}
