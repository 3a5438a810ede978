import type { Digest } from '../image/index.ts';
import type { RecordedBuild } from './build-record.ts';
import { digestsIn } from './derived.ts';
import type { DerivedFacts, Inventory } from './inventory.ts';
import { Kept, type Removal } from './kept.ts';

export interface PruneRules {
  /** What was used at or after this moment stays, in milliseconds since 1970. */
  readonly keepSince: number;
  /** Remove also what is used, the least recently used first, until no more than this many bytes are left. */
  readonly maxBytes?: number | undefined;
  /** With `maxBytes`: what was used at or after this moment stays all the same, because a process may rely on it. */
  readonly inUseSince: number;
}

/**
 * Names that lkit gives by itself, such as `pkg/kernel:HASH-amd64-v1`: whoever needs such an image makes it again. What
 * registries and people call an image looks different.
 */
const ownName = /^[a-z-]+\/[A-Za-z0-9-]+:[0-9a-f]{32}-/;

/**
 * Decides what to remove: everything that no name, no lock file and no build since `keepSince` needs. Names that lkit
 * gave by itself count as long as what they name is used.
 */
export function planPrune(inventory: Inventory, rules: PruneRules): Removal {
  const isRecent = (usedAt: number | undefined): boolean => usedAt !== undefined && usedAt >= rules.keepSince;
  const keptBuilds = inventory.builds.filter(({ isLocked, usedAt }) => isLocked || isRecent(usedAt));
  const locked = lockedImages(keptBuilds);
  const keptNames = inventory.names.filter(
    ({ name, digest }) => !ownName.test(name) || locked.has(digest) || isRecent(inventory.blobs.get(digest)?.usedAt),
  );
  const kept = new Kept(inventory);
  kept.builds = keptBuilds.map(({ id }) => id);
  for (const { name, digest } of keptNames) kept.name(name, digest);
  for (const digest of locked) kept.image(digest);
  const recent = [...inventory.blobs].filter(([, { usedAt }]) => isRecent(usedAt));
  keepBlobs(kept, inventory, recent);
  for (const each of inventory.derived) {
    if (isRecent(each.usedAt) || comesFrom(each, (digest) => kept.hasImage(digest))) kept.derived.add(each.name);
  }
  if (rules.maxBytes !== undefined)
    kept.shrink(rules.maxBytes, rules.inUseSince, lockedImages(lockedBuilds(keptBuilds)));
  return kept.removal();
}

/** Decides what to remove when images are given up: their names, and what nothing else needs of them. */
export function planRemove(inventory: Inventory, images: ReadonlySet<Digest>): Removal {
  const { names, manifests, blobs, derived, builds } = inventory;
  const given = new Kept(inventory);
  for (const digest of images) given.image(digest);
  const kept = new Kept(inventory);
  kept.builds = builds.map(({ id }) => id);
  for (const { name, digest } of names) if (!images.has(digest)) kept.name(name, digest);
  for (const digest of lockedImages(lockedBuilds(builds))) if (!images.has(digest)) kept.image(digest);
  for (const digest of manifests.keys()) if (!given.hasBlob(digest)) kept.image(digest);
  for (const digest of blobs.keys()) if (!given.hasBlob(digest) && !kept.hasBlob(digest)) kept.blob(digest);
  for (const each of derived) {
    if (!comesFrom(each, (digest) => given.hasBlob(digest) && !kept.hasBlob(digest))) kept.derived.add(each.name);
  }
  return kept.removal();
}

/** Decides to remove all that nobody uses just now, wanted or not. */
export function planClean(inventory: Inventory, inUseSince: number): Removal {
  const kept = new Kept(inventory);
  const inUse = [...inventory.blobs].filter(([, { usedAt }]) => usedAt >= inUseSince);
  keepBlobs(kept, inventory, inUse);
  for (const { name, digest } of inventory.names) if (kept.hasImage(digest)) kept.name(name, digest);
  for (const { name, usedAt } of inventory.derived) if (usedAt >= inUseSince) kept.derived.add(name);
  kept.builds = inventory.builds.filter(({ usedAt }) => usedAt >= inUseSince).map(({ id }) => id);
  return kept.removal();
}

/** Keeps blobs: manifests with all that they need, and what is left by itself. */
function keepBlobs(kept: Kept, { manifests }: Inventory, blobs: readonly (readonly [Digest, unknown])[]): void {
  for (const [digest] of blobs) if (manifests.has(digest)) kept.image(digest);
  for (const [digest] of blobs) if (!kept.hasBlob(digest)) kept.blob(digest);
}

function lockedBuilds(builds: readonly RecordedBuild[]): readonly RecordedBuild[] {
  return builds.filter(({ isLocked }) => isLocked);
}

function lockedImages(builds: readonly RecordedBuild[]): ReadonlySet<Digest> {
  return new Set(builds.flatMap(({ images }) => images.map(({ digest }) => digest)));
}

function comesFrom({ record }: DerivedFacts, isKept: (digest: Digest) => boolean): boolean {
  return digestsIn(record).some(isKept);
}
