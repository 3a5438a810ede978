import path from 'node:path';
import type { ChosenFile } from './choose.ts';
import type { ElfFile } from './elf.ts';
import { PackageError } from './error.ts';
import type { FileIndex, PackageFile } from './file-index.ts';

/** Debian's folder of an architecture's libraries, by ELF machine. */
const triplets: Readonly<Record<number, string>> = {
  62: 'x86_64-linux-gnu',
  183: 'aarch64-linux-gnu',
  243: 'riscv64-linux-gnu',
};

/**
 * The chosen files and all shared libraries that they need, which need others in turn: what the dynamic loader would
 * find in these packages (ld.so.8, "DESCRIPTION").
 *
 * @throws {PackageError} `missing-library`
 */
export function withLibraries(chosen: readonly ChosenFile[], index: FileIndex): readonly ChosenFile[] {
  const all = new Map(chosen.map((file) => [file.path, file]));
  // A map's values are visited in order of insertion, those that are added on the way included.
  for (const file of all.values()) {
    const { elf } = file.member;
    if (!elf) continue;
    for (const { path: place, file: library } of librariesOf(file, elf, index)) {
      if (!all.has(place)) all.set(place, { ...library, path: place });
    }
  }
  return [...all.values()];
}

interface Library {
  readonly path: string;
  readonly file: PackageFile;
}

function librariesOf(file: ChosenFile, elf: ElfFile, index: FileIndex): readonly Library[] {
  const loader = elf.interpreter === undefined ? [] : loaderOf(file, elf.interpreter, index);
  return [...loader, ...elf.needed.flatMap((name) => libraryOf(file, elf, name, index))];
}

/** The kernel opens the loader by its absolute path, so it has to be at that one; what it links to may be anywhere. */
function loaderOf(file: ChosenFile, interpreter: string, index: FileIndex): readonly Library[] {
  const [first, ...others] = index.follow(interpreter) ?? [];
  if (!first) throw missingLibrary(interpreter, file, index);
  return [{ path: interpreter.slice(1), file: first }, ...others.map(atItsPlace)];
}

function libraryOf(file: ChosenFile, elf: ElfFile, name: string, index: FileIndex): readonly Library[] {
  for (const folder of name.includes('/') ? ['/'] : searchPath(file, elf)) {
    const chain = index.follow(path.posix.join(folder, name));
    const target = chain?.at(-1);
    // The loader passes over libraries for another machine.
    if (chain && target?.member.elf?.machine === elf.machine) return chain.map(atItsPlace);
  }
  throw missingLibrary(name, file, index);
}

function searchPath({ member }: ChosenFile, { runpath, machine }: ElfFile): readonly string[] {
  const origin = path.posix.join('/', path.posix.dirname(member.path));
  const own = runpath.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/g, origin));
  const triplet = triplets[machine];
  const multiarch = triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`];
  return [...own, ...multiarch, '/lib', '/usr/lib', '/lib64', '/usr/lib64'];
}

function atItsPlace(file: PackageFile): Library {
  return { path: file.member.path, file };
}

function missingLibrary(name: string, file: ChosenFile, index: FileIndex): PackageError {
  const packages = index.debs.map((deb) => deb.package.name).join(', ');
  const message = `/${file.path} needs ${name}, which none of the recipe's packages (${packages}) has`;
  const depends = file.deb.package.depends.filter((each) => !index.debs.some((deb) => deb.package.name === each));
  const hint = depends.length === 0 ? undefined : `${file.deb.package.name} depends on ${depends.join(', ')}.`;
  return new PackageError('missing-library', message, { kind: 'input', hint });
}
