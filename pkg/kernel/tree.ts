import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type BytePath,
  type Entry,
  lendHostFile,
  type Member,
  noContent,
  readHostFile,
  readTar,
  writeHostFile,
  writeTar,
} from '../archive/index.ts';
import { runTool } from '../host/index.ts';
import type { StoredImage } from '../image/index.ts';
import type { DerivedFile, Store } from '../store/index.ts';
import { depmodInputs, moduleTar, smallModuleTar } from './module-tar.ts';

const version = 1;

/** What of a kernel's module tree a system keeps. */
export interface KeptModules {
  /** The kernel's release: the folder below `lib/modules`. */
  readonly release: string;
  /** Files below that folder. */
  readonly files: readonly string[];
}

/**
 * The kept part of an image's module tree, with indexes of its own, as a tar file in the store.
 *
 * @throws {HostError} `missing-tool`: depmod
 */
export async function keptModulesTar(
  store: Store,
  image: StoredImage,
  tar: string,
  kept: KeptModules,
): Promise<DerivedFile> {
  const files = [...kept.files].sort();
  const inputs = { image: image.descriptor.digest, tar, files: files.join(' ') };
  return await store.derived({ kind: 'kernel-modules', version, inputs }, async (target) => {
    const folder = await mkdtemp(`${target}.`);
    try {
      const left = await unpackModules(smallModuleTar(store, image, tar), folder, kept);
      if (left > 0) await unpackModules(moduleTar(store, image, tar), folder, kept);
      await runTool('depmod', ['-b', folder, kept.release]);
      await writeHostFile(target, writeTar(folderMembers(folder, ''), { lend: true }));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

/** Writes the wanted files out; tells how many of the modules were not among the members. */
async function unpackModules(members: AsyncIterable<Member>, folder: string, kept: KeptModules): Promise<number> {
  const root = `lib/modules/${kept.release}/`;
  await mkdir(path.join(folder, root), { recursive: true });
  const missing = new Set(kept.files);
  const wanted = new Set([...kept.files, ...depmodInputs]);
  for await (const { entry, content } of members) {
    // Where /lib is a link to /usr/lib, a module tar may come either way.
    const name = entry.path.replace(/^usr\//, '');
    if (entry.type !== 'file' || !name.startsWith(root) || !wanted.has(name.slice(root.length))) continue;
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeHostFile(file, content);
    missing.delete(name.slice(root.length));
  }
  return missing.size;
}

/** A folder's tree, root's and dateless, so that the same files always give the same bytes. */
async function* folderMembers(folder: string, below: BytePath): AsyncGenerator<Member> {
  const names = (await readdir(path.join(folder, below))).sort();
  for (const name of names) {
    const entryPath = below === '' ? name : `${below}/${name}`;
    const stats = await stat(path.join(folder, entryPath));
    const owner = { uid: 0, gid: 0, mtime: 0 };
    if (stats.isDirectory()) {
      const entry: Entry = { path: entryPath, type: 'directory', mode: 0o755, size: 0, ...owner };
      yield { entry, content: noContent };
      yield* folderMembers(folder, entryPath);
    } else {
      const entry: Entry = { path: entryPath, type: 'file', mode: 0o644, size: stats.size, ...owner };
      yield { entry, content: lendHostFile(path.join(folder, entryPath)) };
    }
  }
}

/** The members of a tar file made by `keptModulesTar`. */
export function readModulesTar(file: string): AsyncGenerator<Member> {
  return readTar(readHostFile(file));
}
