import path from 'node:path';
import type { StoredDeb } from './debs.ts';
import type { IndexedMember } from './deb-index.ts';

/** A file of one of the packages. */
export interface PackageFile {
  readonly deb: StoredDeb;
  readonly member: IndexedMember;
}

/** Symbolic links in a row, at most: as many as Linux follows (path_resolution.7). */
const maxLinks = 40;

/**
 * All files of some packages, found by path as the installed system would find them: packages disagree on whether
 * `/bin` and `/usr/bin` are one folder, so here they are.
 */
export class FileIndex {
  readonly files: readonly PackageFile[];
  readonly debs: readonly StoredDeb[];
  readonly #byPath = new Map<string, PackageFile>();

  constructor(packages: readonly { readonly deb: StoredDeb; readonly members: readonly IndexedMember[] }[]) {
    this.debs = packages.map(({ deb }) => deb);
    this.files = packages.flatMap(({ deb, members }) => members.map((member) => ({ deb, member })));
    // Folders are in many packages; of those, the first counts.
    for (const file of [...this.files].reverse()) {
      if (!isMergeLink(file.member)) this.#byPath.set(mergedPath(file.member.path), file);
    }
  }

  /** The file at exactly that path, no link followed. */
  at(file: string): PackageFile | undefined {
    return this.#byPath.get(mergedPath(file));
  }

  /** What opening the path would open, after the links on the way: those come first, what they lead to last. */
  follow(file: string): readonly PackageFile[] | undefined {
    const links: PackageFile[] = [];
    let parts = file.split('/').filter((part) => part !== '');
    for (let depth = 1; depth <= parts.length; depth++) {
      const here = this.at(parts.slice(0, depth).join('/'));
      if (here?.member.type !== 'symlink') continue;
      if (links.push(here) > maxLinks) return undefined;
      parts = [
        ...targetOf(here.member)
          .split('/')
          .filter((part) => part !== ''),
        ...parts.slice(depth),
      ];
      depth = 0;
    }
    const found = this.at(parts.join('/'));
    return found && [...links, found];
  }
}

/** `/bin` → `usr/bin`: between two names that are one here. */
function isMergeLink(member: IndexedMember): boolean {
  return member.type === 'symlink' && mergedPath(targetOf(member)) === mergedPath(member.path);
}

/** Where a symbolic link leads, relative to the root. */
function targetOf({ path: link, link: target = '' }: IndexedMember): string {
  const joined = target.startsWith('/') ? target : path.posix.join('/', path.posix.dirname(link), target);
  return path.posix.normalize(joined).slice(1);
}

/** The one name of a path on a system where `/bin`, `/sbin` and `/lib*` lead into `/usr`. */
export function mergedPath(file: string): string {
  return file.replace(/^\/|\/$/g, '').replace(/^usr\/(?=(bin|sbin|lib|lib32|lib64|libx32)(\/|$))/, '');
}
