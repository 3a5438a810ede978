import { readStanzas } from './stanzas.ts';
import type { InstalledPackage } from './types.ts';

/** The packages of Alpine's `/lib/apk/db/installed` (the letters are those of Alpine's wiki, "Apk spec"). */
export function readApkInstalled(text: string): readonly InstalledPackage[] {
  return [...readStanzas(text)].flatMap((fields) => {
    const [name, version, architecture] = ['P', 'V', 'A'].map((field) => fields.get(field));
    if (!name || !version || !architecture) return [];
    const [maintainer, homepage, license] = ['m', 'U', 'L'].map((field) => fields.get(field) || undefined);
    return [
      {
        manager: 'apk' as const,
        ...{ name, version, architecture, source: `${fields.get('o') ?? name} ${version}` },
        ...(maintainer !== undefined && { maintainer }),
        ...(homepage !== undefined && { homepage }),
        ...(license !== undefined && { license }),
      },
    ];
  });
}
