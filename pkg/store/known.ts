import type { Digest } from '../image/index.ts';
import type { Inventory } from './inventory.ts';

/**
 * What people call each image, or index of images, that matters to somebody: names in the store, those of builds, and
 * what was asked for by itself and is still there.
 */
export function knownImages({ names, builds, pulls, blobs }: Inventory): ReadonlyMap<Digest, readonly string[]> {
  const known = new Map<Digest, string[]>();
  const add = (digest: Digest, name: string): void => {
    const all = known.get(digest) ?? [];
    if (!all.includes(name)) known.set(digest, [...all, name]);
  };
  for (const { name, digest } of names) add(digest, name);
  for (const { images } of builds) for (const { text, digest } of images) add(digest, text);
  for (const { text, digest } of pulls) if (blobs.has(digest)) add(digest, text);
  return known;
}

/**
 * A manifest and everything that it cannot do without. Of an index, which images are got one by one, that is what is
 * there of them; where none is, all of them.
 */
export function partsOf({ manifests, blobs }: Inventory, digest: Digest): readonly Digest[] {
  const parts = new Set<Digest>();
  const visit = (each: Digest): void => {
    if (parts.has(each)) return;
    parts.add(each);
    const facts = manifests.get(each);
    const all = facts?.parts ?? [];
    const there = facts?.kind === 'index' ? all.filter((part) => blobs.has(part)) : all;
    for (const part of there.length > 0 ? there : all) visit(part);
  };
  visit(digest);
  return [...parts];
}

/** The images of a manifest, which is one itself, or of an index, those that are there. */
export function imagesIn(inventory: Inventory, digest: Digest): readonly Digest[] {
  const { manifests } = inventory;
  return partsOf(inventory, digest)
    .filter((part) => part === digest || manifests.has(part))
    .filter((part) => manifests.get(part)?.kind !== 'index');
}

/** Indexes by the images that they list, at any depth. */
export function indexesOf(inventory: Inventory): ReadonlyMap<Digest, readonly Digest[]> {
  const indexes = new Map<Digest, Digest[]>();
  for (const [index, { kind }] of inventory.manifests) {
    if (kind !== 'index') continue;
    for (const part of imagesIn(inventory, index)) indexes.set(part, [...(indexes.get(part) ?? []), index]);
  }
  return indexes;
}

/** The names of an image: its own, and those of the indexes that list it. */
export function namesOf(
  { names }: Inventory,
  digest: Digest,
  indexes: ReadonlyMap<Digest, readonly Digest[]>,
): readonly string[] {
  const named = new Set([digest, ...(indexes.get(digest) ?? [])]);
  return names.filter((each) => named.has(each.digest)).map(({ name }) => name);
}
