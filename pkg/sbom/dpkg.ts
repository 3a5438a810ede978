import { readStanzas } from './stanzas.ts';
import type { InstalledPackage } from './types.ts';

/**
 * The installed packages of `/var/lib/dpkg/status` (dpkg.1), or the one of a file in `/var/lib/dpkg/status.d`, which has
 * no `Status`.
 */
export function readDpkgStatus(text: string): readonly InstalledPackage[] {
  return [...readStanzas(text)].flatMap((fields) => {
    const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map((field) => fields.get(field));
    const [, , state] = (fields.get('Status') ?? 'install ok installed').split(/\s+/);
    const isThere = state === 'installed' || state === 'triggers-pending' || state === 'triggers-awaited';
    if (!name || !version || !architecture || !isThere) return [];
    const maintainer = fields.get('Maintainer');
    const homepage = fields.get('Homepage');
    return [
      {
        manager: 'dpkg' as const,
        ...{ name, version, architecture, source: sourceOf(fields.get('Source'), name, version) },
        ...(maintainer !== undefined && { maintainer }),
        ...(homepage !== undefined && { homepage }),
      },
    ];
  });
}

/** `glibc`, or `glibc (2.36-9)` where the versions differ; left out where the names are the same. */
function sourceOf(source: string | undefined, name: string, version: string): string {
  const [, sourceName = name, sourceVersion = version] = /^(\S+)(?:\s+\((.+)\))?$/.exec(source ?? '') ?? [];
  return `${sourceName} ${sourceVersion}`;
}
