import { isDigest } from './digest.ts';
import { annotations, type Digest, type Manifest } from './types.ts';

/** A Debian package that an image was made of. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's name: `amd64`, `all`. */
  readonly architecture: string;
  /** Of the .deb file, in hexadecimal digits. */
  readonly sha256: string;
}

/** The Debian packages that an image's manifest lists; none for an image that lkit did not make. */
export function debianPackagesOf({ annotations: all = {} }: Pick<Manifest, 'annotations'>): readonly DebianPackage[] {
  const text = all[annotations.debianPackages];
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isPackage) : [];
  } catch {
    // Anybody may write anything into an annotation.
    return [];
  }
}

function isPackage(value: unknown): value is DebianPackage {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, architecture, sha256 } = value as Partial<Record<keyof DebianPackage, unknown>>;
  const texts = [name, version, architecture, sha256];
  return texts.every((text) => typeof text === 'string') && isDigest(`sha256:${String(sha256)}`);
}

/** The name of a .deb file in the store. */
export function debDigest({ sha256 }: DebianPackage): Digest {
  return `sha256:${sha256}`;
}
