import { readFile } from 'node:fs/promises';
import { type Digest, parseConfig } from '../image/index.ts';
import type { RecordedBuild } from './build-record.ts';
import { digestsIn } from './derived.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { imagesIn, indexesOf, knownImages, namesOf, partsOf } from './known.ts';
import type { Store } from './store.ts';

/** An image of the store, for people to look at. */
export interface ListedImage {
  readonly digest: Digest;
  /** Its names in the store, and those of indexes that list it. */
  readonly names: readonly string[];
  /** What builds called it, and whoever pulled it by itself. */
  readonly calledAs: readonly string[];
  /** OCI's name; unknown where its configuration is not there. */
  readonly architecture: string | undefined;
  /** Bytes of its manifest, configuration and layers, some of which other images may share. */
  readonly size: number;
  /** Bytes of what was made of it. */
  readonly derivedSize: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  /** Builds that used it, the latest first. */
  readonly usedBy: readonly RecordedBuild[];
  readonly isComplete: boolean;
}

export interface StoreListing {
  /** By name. */
  readonly images: readonly ListedImage[];
  /** Bytes. */
  readonly sizes: { readonly blobs: number; readonly derived: number; readonly state: number; readonly total: number };
}

/** What is in a store, and what uses it. */
export async function listStore(store: Store): Promise<StoreListing> {
  const inventory = await takeInventory(store);
  const indexes = indexesOf(inventory);
  const known = [...knownImages(inventory).keys()].flatMap((digest) => imagesIn(inventory, digest));
  // Also images that nothing names, such as those whose name went on to a newer one.
  const others = [...inventory.manifests].flatMap(([digest, { kind }]) => (kind === 'manifest' ? [digest] : []));
  const digests = [...new Set([...known, ...others])].filter((digest) => inventory.blobs.has(digest));
  const images = await Promise.all(digests.map((digest) => listImage(store, inventory, digest, indexes)));
  const blobs = sum([...inventory.blobs.values()]);
  const derived = sum(inventory.derived);
  const state = inventory.stateBytes;
  return {
    images: images.sort((a, b) => (labelOf(a) < labelOf(b) ? -1 : 1)),
    sizes: { blobs, derived, state, total: blobs + derived + state },
  };
}

function labelOf({ names, calledAs, digest }: ListedImage): string {
  return `${names[0] ?? calledAs[0] ?? '~'} ${digest}`;
}

async function listImage(
  store: Store,
  inventory: Inventory,
  digest: Digest,
  indexes: ReturnType<typeof indexesOf>,
): Promise<ListedImage> {
  const parts = partsOf(inventory, digest);
  const files = parts.flatMap((part) => inventory.blobs.get(part) ?? []);
  const usedBy = inventory.builds.filter(({ images }) => images.some((image) => image.digest === digest));
  const texts = [...usedBy.flatMap(({ images }) => images), ...inventory.pulls].filter(
    (each) => each.digest === digest,
  );
  const derived = inventory.derived.filter(({ record }) => digestsIn(record).includes(digest));
  return {
    digest,
    names: namesOf(inventory, digest, indexes),
    calledAs: [...new Set(texts.map(({ text }) => text))],
    architecture: await architectureOf(store, inventory, digest),
    size: sum(files),
    derivedSize: sum(derived),
    usedAt: inventory.blobs.get(digest)?.usedAt ?? 0,
    usedBy,
    isComplete: files.length === parts.length,
  };
}

async function architectureOf(store: Store, { manifests }: Inventory, digest: Digest): Promise<string | undefined> {
  const facts = manifests.get(digest);
  if (facts?.config === undefined) return undefined;
  try {
    return parseConfig(await readFile(store.blobPath(facts.config)), facts.parts.length - 1).architecture;
  } catch {
    return undefined;
  }
}

function sum(files: readonly { readonly size: number }[]): number {
  return files.reduce((bytes, { size }) => bytes + size, 0);
}
