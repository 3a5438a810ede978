import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Digest } from '../image/index.ts';
import { readJson } from './derived.ts';
import type { Store } from './store.ts';

/** An image that a build used, and how to get it again. */
export interface UsedImage {
  /** As the user named it. */
  readonly text: string;
  /** The folder that relative paths in `text` start at, absolute. */
  readonly baseDir: string;
  /** OCI's name. */
  readonly architecture: string;
  readonly digest: Digest;
  /** What else it takes to get it: keys of the YAML's `build:`. */
  readonly build?: Readonly<Record<string, unknown>>;
}

/** What a build used last. Kept in this store only, and so it may name folders of this machine. */
export interface BuildRecord {
  /** Absolute path of the lock file that goes with the build. */
  readonly lock: string;
  readonly images: readonly UsedImage[];
}

/** A build that was recorded. */
export interface RecordedBuild extends BuildRecord {
  /** Names the record. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  /** Whether its lock file is still there. */
  readonly isLocked: boolean;
}

const kind = 'builds';

/**
 * Records what a build used, in the place of what it used before. An unchanged one costs no write to the disk.
 *
 * @throws {StoreError} `disk-full`, `not-writable`
 */
export async function recordBuild(store: Store, record: BuildRecord): Promise<void> {
  const id = createHash('sha256').update(record.lock).digest('hex').slice(0, 32);
  if (isDeepStrictEqual(await store.readRecord(kind, id), record)) {
    const now = store.now() / 1000;
    await utimes(recordFile(store, id), now, now).catch(() => undefined);
    return;
  }
  await store.writeRecord(kind, id, record);
}

/** All builds that are recorded, the latest first. */
export async function recordedBuilds(store: Store): Promise<readonly RecordedBuild[]> {
  const folder = path.join(store.folders.records, kind);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const builds = await Promise.all(names.map((name) => readBuild(store, name.slice(0, -'.json'.length))));
  return builds.flatMap((build) => build ?? []).sort((a, b) => b.usedAt - a.usedAt || (a.lock < b.lock ? -1 : 1));
}

async function readBuild(store: Store, id: string): Promise<RecordedBuild | undefined> {
  const file = recordFile(store, id);
  const [record, stats] = await Promise.all([readJson(file), stat(file).catch(() => undefined)]);
  if (stats === undefined || !isRecord(record)) return undefined;
  return { ...record, id, usedAt: stats.mtimeMs, isLocked: await exists(record.lock) };
}

function isRecord(value: unknown): value is BuildRecord {
  const record = value as Partial<BuildRecord> | null | undefined;
  return typeof record?.lock === 'string' && Array.isArray(record.images);
}

/** Forgets a build. What it used is not touched. */
export async function forgetBuild(store: Store, id: string): Promise<void> {
  await rm(recordFile(store, id), { force: true });
}

function recordFile(store: Store, id: string): string {
  return path.join(store.folders.records, kind, `${id}.json`);
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
