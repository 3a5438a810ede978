import type { DebianPackage } from '../image/index.ts';
import { readApkInstalled } from './apk.ts';
import { readDpkgStatus } from './dpkg.ts';
import type { Distribution, ImageContents, InstalledPackage } from './types.ts';

/** Counts up when the same files give other contents. */
export const contentsVersion = 1;

/** Whether a file of an image, by its path, says what is in the image. */
export function isDatabase(path: string): boolean {
  return /^(var\/lib\/dpkg\/status(\.d\/[^/]+)?|(usr\/)?lib\/apk\/db\/installed|(etc|usr\/lib)\/os-release)$/.test(
    path,
  );
}

/**
 * What is in an image, by the databases of its package managers.
 *
 * @param files their texts by path; those that `isDatabase` names
 * @param known packages that the image was made of, which the databases may not tell the checksums of
 */
export function readContents(files: ReadonlyMap<string, string>, known: readonly DebianPackage[] = []): ImageContents {
  const listed = [...files].flatMap(([path, text]) => packagesOf(path, text));
  const checksums = new Map(known.map((each) => [keyOf(each), each.sha256]));
  const packages = new Map<string, InstalledPackage>();
  for (const each of [...listed, ...known.map(unlisted)]) {
    const key = keyOf(each);
    const sha256 = checksums.get(key);
    if (!packages.has(key)) packages.set(key, sha256 === undefined ? each : { ...each, sha256 });
  }
  // An image that lkit makes of Debian's packages may call itself what it likes.
  const distribution = known.length > 0 ? { id: 'debian' } : distributionOf(files);
  return {
    ...(distribution && { distribution }),
    packages: [...packages.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}

function packagesOf(path: string, text: string): readonly InstalledPackage[] {
  // `status.d` has lists of checksums beside some packages' records.
  if (path.endsWith('.md5sums')) return [];
  if (path.includes('/dpkg/')) return readDpkgStatus(text);
  return path.endsWith('/installed') ? readApkInstalled(text) : [];
}

function unlisted({ name, version, architecture }: DebianPackage): InstalledPackage {
  return { manager: 'dpkg', name, version, architecture, source: `${name} ${version}` };
}

function keyOf({ name, version, architecture }: Pick<InstalledPackage, 'name' | 'version' | 'architecture'>): string {
  return `${name} ${version} ${architecture}`;
}

function distributionOf(files: ReadonlyMap<string, string>): Distribution | undefined {
  const text = files.get('etc/os-release') ?? files.get('usr/lib/os-release');
  if (text === undefined) return undefined;
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}=["']?([^"'\\n]+)["']?$`, 'm').exec(text)?.[1];
  const [id, version] = [value('ID'), value('VERSION_ID')];
  return id === undefined ? undefined : { id, ...(version !== undefined && { version }) };
}
