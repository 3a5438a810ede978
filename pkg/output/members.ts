import { type BytePath, contentOf, type Entry, type Member, noContent, readHostFile } from '../archive/index.ts';

/** Root's, and dateless: what lkit itself adds to a system is the same on any day. */
function entry(path: string, type: Entry['type'], mode: number): Entry {
  return { path, type, mode, uid: 0, gid: 0, mtime: 0, size: 0 };
}

export function directory(path: string, mode: number): Member {
  return { entry: entry(path, 'directory', mode), content: noContent };
}

export function file(path: string, mode: number, content: Buffer): Member {
  return { entry: { ...entry(path, 'file', mode), size: content.length }, content: contentOf(content) };
}

export function link(path: string, target: string): Member {
  return { entry: { ...entry(path, 'symlink', 0o777), link: target }, content: noContent };
}

/** A file whose content is a file of the host. It is opened when its turn comes. */
export function hostFile(path: string, mode: number, source: { readonly file: string; readonly size: number }): Member {
  return { entry: { ...entry(path, 'file', mode), size: source.size }, content: readHostFile(source.file) };
}

export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

/** A tree at another place. */
export async function* below(folder: BytePath, members: AsyncIterable<Member>): AsyncGenerator<Member> {
  const moved = (path: BytePath): BytePath => (path === '' ? folder : `${folder}/${path}`);
  for await (const { entry, content } of members) {
    const { path, type, link } = entry;
    const moves: Entry = { ...entry, path: moved(path) };
    yield { entry: type === 'hardlink' ? { ...moves, link: moved(link ?? '') } : moves, content };
  }
}

/** For what is small. */
export async function readWhole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
