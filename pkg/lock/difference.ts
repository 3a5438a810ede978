import { type DebianPackage, debianPackagesOf, type StoredImage } from '../image/index.ts';
import type { LockedImage } from './types.ts';

/** How an image differs from what is locked, in a line for each difference; none where it is the same. */
export function differences(locked: LockedImage, found: StoredImage): readonly string[] {
  if (found.descriptor.digest === locked.digest) return [];
  const where = `${locked.image} (${locked.platform})`;
  const packages = packageDifferences(locked.packages ?? [], debianPackagesOf(found.manifest));
  return [`${where}: locked is ${locked.digest}, but it is ${found.descriptor.digest}`, ...packages];
}

function packageDifferences(locked: readonly DebianPackage[], found: readonly DebianPackage[]): readonly string[] {
  const keyOf = ({ name, architecture }: DebianPackage): string => `${name} ${architecture}`;
  const before = new Map(locked.map((each) => [keyOf(each), each]));
  const after = new Map(found.map((each) => [keyOf(each), each]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    if (was?.sha256 === is?.sha256) return [];
    if (was === undefined) return [`  Debian package ${key} ${is?.version ?? ''} is new`];
    if (is === undefined) return [`  Debian package ${key} ${was.version} is no longer used`];
    const same = was.version === is.version ? ' (same version, other file)' : '';
    return [`  Debian package ${key}: locked is ${was.version}, but it is ${is.version}${same}`];
  });
}
