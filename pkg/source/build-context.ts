import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  bytePath,
  contentOf,
  entryOf,
  type HostFile,
  listTree,
  type Member,
  readTreeFile,
  writeTar,
} from '../archive/index.ts';
import { type IgnorePattern, isIgnored, mayKeepBelow } from './dockerignore.ts';

/** What a Dockerfile is built with. */
export interface ContextSpec {
  /** Its files come with the owner root, as the `docker` command sends them. */
  readonly folder: string;
  readonly ignore: readonly IgnorePattern[];
  /** Files or folders from elsewhere, and their place in the context. */
  readonly extra: readonly { readonly from: string; readonly to: string }[];
  /** The Dockerfile, and where it stands in the context. */
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

async function listContext(
  { folder, ignore, extra }: ContextSpec,
  always: readonly string[] = [],
): Promise<readonly ContextFile[]> {
  const own = await listTree(folder, (name) => {
    if (always.includes(name)) return 'take';
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

/**
 * The context as the archive that engines take.
 *
 * @param always files that are in it whatever `.dockerignore` says: an engine without BuildKit reads that file itself,
 *   and then takes out what it names, also the Dockerfile
 */
export async function* packContext(
  context: ContextSpec,
  always: readonly string[] = [],
): AsyncGenerator<Buffer, void, undefined> {
  yield* writeTar(members(context, always));
}

async function* members(context: ContextSpec, always: readonly string[]): AsyncGenerator<Member, void, undefined> {
  const { name, text } = context.dockerfile;
  const dockerfile = bytePath(name);
  for (const { folder, file, path: place } of await listContext(context, always)) {
    if (place === dockerfile) continue;
    const mtime = Number(file.stats.mtimeNs / 1_000_000_000n);
    const entry = { ...entryOf(file, mtime), path: place, uid: 0, gid: 0 };
    yield { entry, content: readTreeFile(folder, file.path) };
  }
  // Last: what is left out by .dockerignore is needed all the same.
  const bytes = Buffer.from(text);
  const entry = { path: dockerfile, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: bytes.length } as const;
  yield { entry, content: contentOf(bytes) };
}
