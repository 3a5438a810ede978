import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { UsedImage } from './build-record.ts';
import { readJson } from './derived.ts';
import type { Store } from './store.ts';

const kind = 'pulls';

/**
 * Records what a person called an image that was got by itself, so that it can be called so again. It is no reason to
 * keep the image.
 *
 * @throws {StoreError} `disk-full`, `not-writable`
 */
export async function recordPull(store: Store, image: UsedImage): Promise<void> {
  await store.writeRecord(kind, idOf(image), image, { durable: false });
}

/** By what they were called. */
export async function recordedPulls(store: Store): Promise<readonly UsedImage[]> {
  const folder = path.join(store.folders.records, kind);
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(names.map((name) => readJson(path.join(folder, name))));
  return records.filter(isUsedImage).sort((a, b) => (a.text < b.text ? -1 : 1));
}

export async function forgetPull(store: Store, image: UsedImage): Promise<void> {
  await rm(path.join(store.folders.records, kind, `${idOf(image)}.json`), { force: true });
}

function idOf({ text, baseDir, architecture }: UsedImage): string {
  return createHash('sha256')
    .update(JSON.stringify([text, baseDir, architecture]))
    .digest('hex')
    .slice(0, 32);
}

function isUsedImage(value: unknown): value is UsedImage {
  const image = value as Partial<UsedImage> | null | undefined;
  return typeof image?.text === 'string' && typeof image.digest === 'string';
}
