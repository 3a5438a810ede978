import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readHostFile } from '../archive/index.ts';
import type { Architecture } from '../image/index.ts';
import type { Reporter, Step } from '../report/index.ts';
import { type Store, StoreError } from '../store/index.ts';
import type { DebianPackage } from './apt/records.ts';
import { PackageError } from './error.ts';
import type { Fetcher, NamedPackage } from './fetcher.ts';
import { nameOn, type WantedPackage } from './recipe.ts';

/** A package whose .deb lies in the store. */
export interface StoredDeb {
  readonly package: DebianPackage;
  /** The .deb, verified against the signed index. */
  readonly file: string;
}

export interface DebsContext {
  readonly store: Store;
  readonly fetcher: () => Promise<Fetcher>;
  readonly reporter: Reporter;
}

/**
 * The packages that a recipe names, in the store by content. What they resolved to is recorded, so that without a
 * network the same packages are used again.
 *
 * @throws {PackageError} `unknown-debian-package`, `offline`, `download-failed`, `bad-deb`
 */
export async function fetchDebs(
  wanted: readonly WantedPackage[],
  arch: Architecture,
  step: Step,
  context: DebsContext,
): Promise<readonly StoredDeb[]> {
  const named = wanted.flatMap(({ name, metapackage, at }) => {
    const onArch = nameOn(arch, name);
    return onArch === undefined ? [] : [{ name: onArch, metapackage, at }];
  });
  if (named.length === 0) return [];
  const packages = await resolveOrRecall(named, arch, step, context);
  await downloadMissing(packages, arch, step, context);
  return packages.map((each) => ({ package: each, file: context.store.blobPath(`sha256:${each.sha256}`) }));
}

/** One unreachable mirror is one warning, however many packages need it. */
const warned = new WeakSet<Fetcher>();

async function resolveOrRecall(
  named: readonly NamedPackage[],
  arch: Architecture,
  step: Step,
  context: DebsContext,
): Promise<readonly DebianPackage[]> {
  const { store, reporter } = context;
  const fetcher = await context.fetcher();
  const question = JSON.stringify([arch, named.map(({ name, metapackage }) => [name, metapackage])]);
  const id = createHash('sha256').update(question).digest('hex');
  try {
    const packages = await fetcher.resolve(named, arch, step);
    await store.writeRecord('debian', id, packages);
    return packages;
  } catch (error) {
    if (!(error instanceof PackageError) || error.code !== 'offline') throw error;
    const recorded = (await store.readRecord('debian', id)) as readonly DebianPackage[] | undefined;
    if (!recorded) throw error;
    if (!warned.has(fetcher))
      reporter.warn(`${error.message.split('\n')[0] ?? ''}; using the packages of the last build`);
    warned.add(fetcher);
    return recorded;
  }
}

/** Downloads what the store lacks, and takes in only what has the checksum of the signed index. */
async function downloadMissing(
  packages: readonly DebianPackage[],
  arch: Architecture,
  step: Step,
  context: DebsContext,
): Promise<void> {
  const { store } = context;
  const fetcher = await context.fetcher();
  const missing: DebianPackage[] = [];
  for (const each of packages) {
    if (!(await store.isIntact({ digest: `sha256:${each.sha256}`, size: each.size }))) missing.push(each);
  }
  if (missing.length === 0) return;
  await store.withTemporaryFolder(async (folder) => {
    await fetcher.download(missing, arch, folder, step);
    const files = await readdir(folder);
    for (const each of missing) {
      const file = files.find((name) => name.startsWith(`${each.name}_`));
      if (file === undefined) throw new PackageError('download-failed', `apt did not download package ${each.name}`);
      await takeIn(each, path.join(folder, file), store);
    }
  });
}

/** apt checks what it downloads, but takes a file that is already there for the right one by its size. */
async function takeIn({ name, version, sha256, size }: DebianPackage, file: string, store: Store): Promise<void> {
  try {
    await store.writeBlob(readHostFile(file), {
      expected: { digest: `sha256:${sha256}`, size },
    });
  } catch (cause) {
    if (!(cause instanceof StoreError) || !/mismatch/.test(cause.code)) throw cause;
    throw new PackageError('bad-deb', `package ${name} ${version} is not what Debian signed: ${cause.message}`, {
      hint: 'The mirror or something on the way to it is broken or hostile; try another mirror.',
      cause,
    });
  }
}
