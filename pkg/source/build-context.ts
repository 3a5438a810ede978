import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type BytePath,
  bytePath,
  contentOf,
  entryOf,
  type HostFile,
  listTree,
  type Member,
  noContent,
  parentPath,
  readTreeFile,
  writeTar,
} from '../archive/index.ts';
import { type IgnorePattern, ignoreFileName, isIgnored, mayKeepBelow } from './dockerignore.ts';

/** What a Dockerfile is built with. */
export interface ContextSpec {
  /** Its files come with the owner root, as the `docker` command sends them. */
  readonly folder: string;
  readonly ignore: readonly IgnorePattern[];
  /** Where these patterns stand, relative to the folder. */
  readonly ignoreFile: string | undefined;
  /** Files or folders from elsewhere, and their place in the context. */
  readonly extra: readonly { readonly from: string; readonly to: string }[];
  /** The Dockerfile, and where it stands in the context, or would. */
  readonly dockerfile: { readonly name: string; readonly text: string };
}

/** A file of the context. */
interface ContextFile {
  /** The folder that it was found in. */
  readonly folder: string;
  readonly file: HostFile;
  /** Its path in the context. */
  readonly path: string;
}

async function listContext({ folder, ignore, extra }: ContextSpec): Promise<readonly ContextFile[]> {
  const own = await listTree(folder, (name) => {
    if (!isIgnored(ignore, Buffer.from(name, 'latin1').toString())) return 'take';
    return mayKeepBelow(ignore) ? 'descend' : 'leave';
  });
  const files = own.map((file) => ({ folder, file, path: file.path }));
  for (const { from, to } of extra) {
    const place = (name: string): string => path.posix.join(bytePath(to), name);
    const isFolder = (await stat(from)).isDirectory();
    for (const file of await listTree(from)) {
      const link = file.type === 'hardlink' ? { link: place(file.link ?? '') } : {};
      files.push({ folder: from, file: { ...file, ...link }, path: isFolder ? place(file.path) : bytePath(to) });
    }
  }
  return files.filter((each) => each.path !== '' && each.path !== '.');
}

/**
 * A hash of everything in the context that can make a difference to a build: names, kinds, modes and contents, but
 * neither times nor owners.
 */
export async function hashContext(context: ContextSpec): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([context.dockerfile.name, context.dockerfile.text]));
  for (const { folder, file, path: name } of await listContext(context)) {
    const { mode, size, link, type } = entryOf(file, 0);
    // Sizes make it plain where a content ends, so that no two contexts feed the same bytes.
    hash.update(`${JSON.stringify([name, type, mode, size, link ?? null])}\n`);
    if (size > 0) for await (const chunk of readTreeFile(folder, file.path)) hash.update(chunk);
  }
  return hash.digest('hex');
}

/** What the context has for `COPY`, each folder before what is in it, the names of a folder in the order of their bytes. */
export async function* contextFiles(context: ContextSpec): AsyncGenerator<Member, void, undefined> {
  const files = new Map<string, Member>();
  for (const { folder, file, path: place } of await listContext(context)) {
    const mtime = Number(file.stats.mtimeNs / 1_000_000_000n);
    const entry = { ...entryOf(file, mtime), path: place, uid: 0, gid: 0 };
    addParents(place, files);
    files.set(place, { entry, content: readTreeFile(folder, file.path) });
  }
  // As the smallest byte, the end of a folder's name puts what is in it before its neighbours.
  const order = (path: string): string => path.replaceAll('/', '\0');
  yield* [...files].sort(([a], [b]) => (order(a) < order(b) ? -1 : 1)).map(([, file]) => file);
}

/** Folders that only what comes from elsewhere is in. */
function addParents(place: string, files: Map<string, Member>): void {
  for (let parent = parentPath(place); parent !== '' && !files.has(parent); parent = parentPath(parent)) {
    const entry = { path: parent, type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 0 } as const;
    files.set(parent, { entry, content: noContent });
  }
}

/** The context as a tar archive, for an engine without BuildKit. */
export async function* packContext(context: ContextSpec): AsyncGenerator<Buffer, void, undefined> {
  yield* writeTar(archiveMembers(context));
}

/**
 * Such an engine reads the Dockerfile and `.dockerignore` out of the archive, and then takes away those of the two that
 * `.dockerignore` names (moby, `removeDockerfile`), so that no `COPY` sees them.
 */
async function* archiveMembers(context: ContextSpec): AsyncGenerator<Member, void, undefined> {
  const { dockerfile, folder, ignore, ignoreFile } = context;
  const files = new Map<string, Member>();
  for await (const file of contextFiles(context)) files.set(file.entry.path, file);
  const name = bytePath(dockerfile.name);
  const hidden = [ignoreFileName, name].filter((file) => !files.has(file));
  const isNamed = ignoreFile === ignoreFileName && isIgnored(ignore, dockerfile.name);
  if (hidden.includes(ignoreFileName) || (hidden.includes(name) && !isNamed)) {
    const own = files.has(ignoreFileName) ? await readFile(path.join(folder, ignoreFileName), 'latin1') : '';
    files.set(ignoreFileName, fileOf(ignoreFileName, `${own}\n${hidden.map(patternOf).join('\n')}\n`));
  }
  if (hidden.includes(name)) files.set(name, fileOf(name, Buffer.from(dockerfile.text).toString('latin1')));
  yield* files.values();
}

/** @param text a character for each byte */
function fileOf(path: BytePath, text: string): Member {
  const bytes = Buffer.from(text, 'latin1');
  const entry = { path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: bytes.length } as const;
  return { entry, content: contentOf(bytes) };
}

/** The pattern that means this very file. */
function patternOf(file: BytePath): string {
  return `./${file.replaceAll(/[*?[\]\\]/g, '\\$&')}`;
}
