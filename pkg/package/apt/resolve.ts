import { didYouMean } from '../../errors/index.ts';
import type { Architecture } from '../../image/index.ts';
import { PackageError } from '../error.ts';
import type { NamedPackage } from '../fetcher.ts';
import { type DebianPackage, parsePackageRecords } from './records.ts';

/** What apt is asked. */
export interface AptQueries {
  /** The candidates' records as `apt-cache show` prints them; unknown names are left out. */
  readonly show: (names: readonly string[]) => Promise<string>;
  /** All names that there are, one in each line. */
  readonly allNames: () => Promise<string>;
}

/**
 * The exact packages that names stand for: each name's candidate, or those that a metapackage depends on.
 *
 * @throws {PackageError} `unknown-debian-package`, with the nearest names
 */
export async function resolvePackages(
  wanted: readonly NamedPackage[],
  arch: Architecture,
  queries: AptQueries,
): Promise<readonly DebianPackage[]> {
  const named = await lookUp(
    wanted.map(({ name }) => name),
    queries,
  );
  const missing = wanted.find(({ name }) => !named.has(name));
  if (missing) throw await unknown(missing, arch, queries);
  const behind = wanted.flatMap(({ name, metapackage }) => (metapackage ? (named.get(name)?.depends ?? []) : []));
  const depended = await lookUp(behind, queries);
  return wanted.flatMap(({ name, metapackage }) => {
    const found = named.get(name);
    if (!found) return [];
    return metapackage ? found.depends.flatMap((each) => depended.get(each) ?? []) : [found];
  });
}

async function lookUp(names: readonly string[], { show }: AptQueries): Promise<ReadonlyMap<string, DebianPackage>> {
  if (names.length === 0) return new Map();
  return new Map(parsePackageRecords(await show([...new Set(names)])).map((found) => [found.name, found]));
}

async function unknown(
  { name, at }: NamedPackage,
  arch: Architecture,
  { allNames }: AptQueries,
): Promise<PackageError> {
  const suggestion = didYouMean(name, (await allNames()).split('\n'));
  return new PackageError('unknown-debian-package', `Debian has no package "${name}" for ${arch}${suggestion}`, {
    kind: 'input',
    at,
  });
}
