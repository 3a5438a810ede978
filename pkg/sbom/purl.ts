import type { Digest, ImageReference } from '../image/index.ts';
import type { Distribution, InstalledPackage } from './types.ts';

/** A package URL (purl-spec, PURL-SPECIFICATION.rst). Qualifiers come in the order of their names. */
function purl(
  type: string,
  path: readonly string[],
  version: string,
  qualifiers: Readonly<Record<string, string>>,
): string {
  const query = Object.entries(qualifiers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2F', '/')}`)
    .join('&');
  const name = [type, ...path.map(encodeURIComponent)].join('/');
  return `pkg:${name}@${encodeURIComponent(version)}${query === '' ? '' : `?${query}`}`;
}

/** purl-spec, types/oci: the last part of the repository's name, and the manifest's digest. */
export function imagePurl(digest: Digest, arch: string, { registry, repository, tag }: ImageReference): string {
  const name = repository.split('/').at(-1) ?? repository;
  const url = { repository_url: `${registry}/${repository}` };
  return purl('oci', [name], digest, { arch, ...url, ...(tag !== undefined && { tag }) });
}

/** purl-spec, types/deb and types/apk. */
export function packagePurl(installed: InstalledPackage, distribution: Distribution | undefined): string {
  const { manager, name, version, architecture: arch } = installed;
  const { type, vendor } = { dpkg: { type: 'deb', vendor: 'debian' }, apk: { type: 'apk', vendor: 'alpine' } }[manager];
  const id = distribution?.id ?? vendor;
  const distro = distribution?.version === undefined ? {} : { distro: `${id}-${distribution.version}` };
  return purl(type, [id, name], version, { arch, ...distro });
}
