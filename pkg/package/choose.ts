import path from 'node:path';
import { PackageError } from './error.ts';
import { type FileIndex, mergedPath, type PackageFile } from './file-index.ts';
import { globPattern, isGlob } from './glob.ts';
import type { WantedFile } from './recipe.ts';

/** A file of a package and where it goes in the image. */
export interface ChosenFile extends PackageFile {
  /** Relative path in the image. */
  readonly path: string;
}

/**
 * The files that a recipe names. A folder brings all that is in it, a symbolic link what it leads to.
 *
 * @throws {PackageError} `missing-file`
 */
export function chooseFiles(wanted: readonly WantedFile[], index: FileIndex): readonly ChosenFile[] {
  return wanted.flatMap((want) => {
    const found = isGlob(want.from) ? matching(want, index) : named(want, index);
    if (found.length === 0) throw missing(want, index);
    return found.flatMap((chosen) => withLinkTarget(chosen, index));
  });
}

function named({ from, to = from }: WantedFile, index: FileIndex): readonly ChosenFile[] {
  const file = index.at(from);
  if (!file) return [];
  const place = relative(to);
  return file.member.type === 'directory' ? within(file, place, index) : [{ ...file, path: place }];
}

/** The folder and everything below it, moved to `place`. */
function within(folder: PackageFile, place: string, index: FileIndex): readonly ChosenFile[] {
  const base = mergedPath(folder.member.path);
  const inside = index.files.filter(({ member }) => mergedPath(member.path).startsWith(`${base}/`));
  return [folder, ...inside].map((file) => ({
    ...file,
    path: `${place}${mergedPath(file.member.path).slice(base.length)}`,
  }));
}

function matching({ from, to }: WantedFile, index: FileIndex): readonly ChosenFile[] {
  const asWritten = globPattern(relative(from));
  const merged = globPattern(mergedPath(from));
  return index.files.flatMap((file) => {
    const own = file.member.path;
    // The image has a file where the recipe looks for it, even if the package has it on the other side of /usr.
    const place = asWritten.test(own) ? own : merged.test(mergedPath(own)) ? otherSide(own) : undefined;
    if (place === undefined || file.member.type === 'directory') return [];
    return [{ ...file, path: to === undefined ? place : path.posix.join(relative(to), path.posix.basename(own)) }];
  });
}

function otherSide(file: string): string {
  return file.startsWith('usr/') ? mergedPath(file) : `usr/${file}`;
}

/** A link alone would lead nowhere. Where its target is in none of the packages, that may well be meant. */
function withLinkTarget(chosen: ChosenFile, index: FileIndex): readonly ChosenFile[] {
  if (chosen.member.type !== 'symlink') return [chosen];
  const chain = index.follow(chosen.member.path) ?? [];
  return [chosen, ...chain.slice(1).map((file) => ({ ...file, path: file.member.path }))];
}

function missing({ from, at }: WantedFile, index: FileIndex): PackageError {
  const packages = index.debs.map(({ package: { name } }) => name).join(', ') || 'none';
  const alike = index.files.filter(({ member }) => path.posix.basename(member.path) === path.posix.basename(from));
  const hint =
    alike.length === 0
      ? undefined
      : `They have ${alike
          .slice(0, 3)
          .map(({ member }) => `/${member.path}`)
          .join(', ')}.`;
  return new PackageError('missing-file', `none of the recipe's packages (${packages}) has ${from}`, {
    kind: 'input',
    at,
    hint,
  });
}

function relative(file: string): string {
  return path.posix.normalize(file).replace(/^\/|\/$/g, '');
}
