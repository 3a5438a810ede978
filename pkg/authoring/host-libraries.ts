import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { type ElfFile, inMemory, readElf } from '../package/index.ts';
import { AuthoringError } from './error.ts';

/** A file of this host that goes into an image, at the same path. */
export interface HostLibrary {
  readonly path: string;
  /** Of a symlink, as written. */
  readonly link?: string;
  readonly content?: Buffer;
}

/**
 * The loader and all libraries that a program of this host needs, which need others in turn, with the symlinks on the
 * way: what ld.so would load (ld.so.8, "DESCRIPTION").
 *
 * @throws {AuthoringError} `missing-library`
 */
export async function hostLibraries(program: string, elf: ElfFile): Promise<readonly HostLibrary[]> {
  const found = new Map<string, HostLibrary>();
  const folders = await configuredFolders('/etc/ld.so.conf');
  const wanted: { readonly by: string; readonly elf: ElfFile }[] = [{ by: program, elf }];
  for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
    const { by, elf: needs } = next;
    const names = [...(needs.interpreter === undefined ? [] : [needs.interpreter]), ...needs.needed];
    for (const name of names) {
      const candidates = name.includes('/')
        ? [name]
        : searchPath(by, needs, folders).map((each) => path.join(each, name));
      const library = await firstFor(candidates, elf.machine);
      if (library === undefined) {
        throw new AuthoringError('missing-library', `${by} needs ${name}, which this host does not have`, {
          hint: 'Install it, or link the program statically.',
        });
      }
      if (found.has(library.path)) continue;
      for (const each of await withSymlinks(library.path, library.content)) found.set(each.path, each);
      wanted.push({ by: library.path, elf: library.elf });
    }
  }
  return [...found.values()];
}

interface Library {
  readonly path: string;
  readonly content: Buffer;
  readonly elf: ElfFile;
}

/** The loader passes over libraries for another machine. */
async function firstFor(candidates: readonly string[], machine: number): Promise<Library | undefined> {
  for (const candidate of candidates) {
    const content = await readFile(candidate).catch(() => undefined);
    const elf = content && (await readElf(inMemory(content)));
    if (content && elf?.machine === machine) return { path: candidate, content, elf };
  }
  return undefined;
}

/** Links point to files with the version in their name: both go along, or the link alone would dangle. */
async function withSymlinks(file: string, content: Buffer): Promise<readonly HostLibrary[]> {
  const link = await readlink(file).catch(() => undefined);
  if (link === undefined) return [{ path: file, content }];
  const target = path.resolve(path.dirname(file), link);
  return [{ path: file, link }, ...(await withSymlinks(target, content))];
}

const usualFolders = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'];

function searchPath(file: string, { runpath }: ElfFile, configured: readonly string[]): readonly string[] {
  const own = runpath.map((each) => each.replaceAll(/\$ORIGIN|\$\{ORIGIN\}/g, path.dirname(file)));
  return [...own, ...configured, ...usualFolders];
}

/** The folders of ld.so.conf and of what it includes (ldconfig.8). */
async function configuredFolders(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const folders: string[] = [];
  for (const line of text.split('\n').map((each) => each.replace(/#.*/, '').trim())) {
    const included = /^include\s+(.*)$/.exec(line)?.[1];
    if (included === undefined) {
      if (line !== '') folders.push(line);
      continue;
    }
    const files = await expand(path.resolve(path.dirname(file), included));
    for (const each of files) folders.push(...(await configuredFolders(each)));
  }
  return folders;
}

/** The files that a pattern with stars in its last part names. */
async function expand(pattern: string): Promise<readonly string[]> {
  const names = await readdir(path.dirname(pattern)).catch(() => []);
  const matcher = new RegExp(`^${path.basename(pattern).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return names
    .filter((name) => matcher.test(name))
    .sort()
    .map((name) => path.join(path.dirname(pattern), name));
}
