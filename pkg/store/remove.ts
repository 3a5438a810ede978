import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import type { Digest } from '../image/index.ts';
import { forgetBuild } from './build-record.ts';
import { derivedRecords, recordId } from './derived.ts';
import { onDisk } from './error.ts';
import { type Inventory, type StoredFile, takeInventory } from './inventory.ts';
import type { Removal } from './kept.ts';
import { forgetPull } from './pull-record.ts';
import { usedByOthersSince } from './lease.ts';
import { removePartials } from './partial.ts';
import { planClean, planPrune, planRemove } from './prune.ts';
import type { Store } from './store.ts';
import { temporaryPath } from './temporary.ts';

export interface RemoveOptions {
  /** Only say what would be removed. @default false */
  readonly dryRun?: boolean;
}

export interface PruneOptions extends RemoveOptions {
  /** Milliseconds for which what was used stays. */
  readonly keepMs: number;
  /** Bytes that the store may have; what is used goes as well then, the least recently used first. */
  readonly maxBytes?: number | undefined;
}

/** Another process that removes things is done in seconds. */
const removalWaitMs = 10 * 60_000;

/** The clock of the disk and that of the processor may differ by a little. */
const clockSlackMs = 5_000;

/**
 * Removes what no name, no lock file and no recent build needs. Never what another living process may rely on.
 *
 * @throws {StoreError} `locked`, `not-writable`
 */
export function prune(store: Store, { keepMs, maxBytes, dryRun }: PruneOptions): Promise<Removal> {
  return withPartials(store, dryRun, () =>
    removing(store, dryRun, (inventory, inUseSince) =>
      planPrune(inventory, { keepSince: Math.min(store.now() - keepMs, inUseSince), maxBytes, inUseSince }),
    ),
  );
}

/** Takes the names of images away, and removes what nothing else needs of them. Locks are no protection. */
export function removeImages(
  store: Store,
  images: ReadonlySet<Digest>,
  { dryRun }: RemoveOptions = {},
): Promise<Removal> {
  return removing(store, dryRun, (inventory) => planRemove(inventory, images));
}

/** Removes everything but what another living process may rely on. */
export function clean(store: Store, { dryRun }: RemoveOptions = {}): Promise<Removal> {
  return withPartials(store, dryRun, () =>
    removing(store, dryRun, async (inventory, inUseSince) => {
      const plan = planClean(inventory, inUseSince);
      if (inUseSince !== Infinity) return plan;
      const { state, records } = store.folders;
      if (dryRun !== true) for (const folder of [state, records]) await rm(folder, { recursive: true, force: true });
      return { ...plan, freed: plan.freed + inventory.stateBytes, left: plan.left - inventory.stateBytes };
    }),
  );
}

/** Beginnings of blobs go as well: those that somebody goes on with are elsewhere. */
async function withPartials(
  store: Store,
  dryRun: boolean | undefined,
  remove: () => Promise<Removal>,
): Promise<Removal> {
  const removal = await remove();
  return { ...removal, freed: removal.freed + (await removePartials(store.folders, Infinity, { dryRun })) };
}

/** Removes files whose names stay in use, such as damaged ones. */
export async function removeFiles(
  store: Store,
  choose: (inventory: Inventory) => Promise<Pick<Removal, 'blobs' | 'derived'>>,
): Promise<void> {
  await removing(store, false, async (inventory) => {
    return { names: [], builds: [], freed: 0, left: 0, ...(await choose(inventory)) };
  });
}

function removing(
  store: Store,
  dryRun = false,
  plan: (inventory: Inventory, inUseSince: number) => Removal | Promise<Removal>,
): Promise<Removal> {
  const decide = async (): Promise<readonly [Removal, Inventory]> => {
    const inUseSince = (await usedByOthersSince(store.folders)) - clockSlackMs;
    const inventory = await takeInventory(store);
    return [await plan(inventory, inUseSince), inventory];
  };
  if (dryRun) return decide().then(([removal]) => removal);
  return onDisk(store.directory, () =>
    store.exclusively('removal', removalWaitMs, async () => {
      const [removal, inventory] = await decide();
      return apply(store, removal, inventory);
    }),
  );
}

/**
 * Removes names before what they name, and manifests before their parts: a kill in between leaves nothing that looks
 * whole and is not.
 */
async function apply(store: Store, removal: Removal, inventory: Inventory): Promise<Removal> {
  let spared = 0;
  await store.untag(removal.names.map((name) => [name, inventory.names.find((each) => each.name === name)?.digest]));
  const blobs = [...removal.blobs].sort((a, b) => rank(inventory, a) - rank(inventory, b));
  for (const digest of blobs) spared += await removeFile(store, store.blobPath(digest), inventory.blobs.get(digest));
  const derived = new Map(inventory.derived.map((each) => [each.name, each]));
  for (const name of removal.derived) {
    spared += await removeFile(store, path.join(store.folders.derived, name), derived.get(name));
    await rm(path.join(store.folders.records, derivedRecords, `${recordId(name)}.json`), { force: true });
  }
  for (const id of removal.builds) await forgetBuild(store, id);
  for (const pull of inventory.pulls) {
    if (removal.blobs.includes(pull.digest) || !inventory.blobs.has(pull.digest)) await forgetPull(store, pull);
  }
  return { ...removal, freed: removal.freed - spared, left: removal.left + spared };
}

function rank({ manifests }: Inventory, digest: Digest): number {
  const kind = manifests.get(digest)?.kind;
  return kind === 'index' ? 0 : kind === 'manifest' ? 1 : 2;
}

/**
 * Removes a file, unless it is no longer the one that was looked at: somebody may have put it in place anew.
 *
 * @returns bytes that were to be freed and were not
 */
async function removeFile({ folders }: Store, file: string, seen: StoredFile | undefined): Promise<number> {
  const aside = temporaryPath(folders.temporaries);
  try {
    await rename(file, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
  const { mtimeMs, size } = await stat(aside);
  if (mtimeMs === seen?.usedAt) {
    await rm(aside, { force: true });
    return 0;
  }
  await rename(aside, file);
  return size;
}
