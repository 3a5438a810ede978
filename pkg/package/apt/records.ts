import { PackageError } from '../error.ts';

/** A Debian package of one exact version, as a signed index describes it. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Debian's word: `amd64`, `all`. */
  readonly architecture: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /** Path in the mirror: `pool/main/b/busybox/…deb`. */
  readonly filename: string;
  /** Name of the source package. */
  readonly source: string;
  /** Names of the packages it depends on, the first of each alternative. */
  readonly depends: readonly string[];
}

/**
 * Reads stanzas as `apt-cache show` prints them (deb-control.5).
 *
 * @throws {PackageError} `bad-deb` for a record without a checksum
 */
export function parsePackageRecords(text: string): readonly DebianPackage[] {
  return text
    .split(/\n\s*\n/)
    .filter((stanza) => stanza.trim() !== '')
    .map(packageOf);
}

function packageOf(stanza: string): DebianPackage {
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(stanza)?.[1]?.trim() ?? '';
  const name = field('Package');
  const sha256 = field('SHA256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new PackageError('bad-deb', `the index has no SHA256 of package ${name}`);
  return {
    name,
    version: field('Version'),
    architecture: field('Architecture'),
    sha256,
    size: Number(field('Size')),
    filename: field('Filename'),
    source: field('Source').split(' ')[0] || name,
    depends: field('Depends').split(',').flatMap(firstAlternative),
  };
}

/** `libc6 (>= 2.36) | libc6-udeb` → `libc6` */
function firstAlternative(relation: string): readonly string[] {
  const name = /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(relation)?.[1];
  return name === undefined ? [] : [name];
}
