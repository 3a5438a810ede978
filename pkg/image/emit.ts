import { type BytePath, contentOf, type Entry, type Member, noContent } from '../archive/index.ts';
import type { Inode } from './inode.ts';
import { type Layer, readLayer } from './layer-reader.ts';
import { type Tree, walkTree } from './tree.ts';

/** A file with content, and where it is in the tree. */
interface Survivor {
  readonly inode: Inode;
  readonly path: BytePath;
  /** More names of it. */
  readonly others: readonly BytePath[];
}

/**
 * The members of a finished tree: the root and all directories, parents first; then everything else that needs no layer,
 * by name; then files in the order of the layers and of their archives. A layer of which nothing is left is not read.
 * The first name of a file by its bytes carries the content; the others follow it as hard links.
 */
export async function* emit(tree: Tree, layers: readonly Layer[]): AsyncGenerator<Member, void, undefined> {
  yield { entry: entryOf('', tree.root), content: noContent };
  const names = new Map<Inode, BytePath[]>();
  for (const [path, inode] of walkTree(tree.root)) {
    if (inode.type === 'directory') yield { entry: entryOf(path, inode), content: noContent };
    else if (inode.type === 'file' && tree.shared.has(inode)) addName(names, inode, path);
  }

  // What is left of each layer, by its place in the archive.
  const survivors = layers.map(() => new Map<number, Survivor>());
  for (const [path, inode] of walkTree(tree.root, { consume: true })) {
    if (inode.type === 'directory') continue;
    // Links, devices and pipes have nothing to share: each name gets its own.
    if (inode.type !== 'file') {
      yield { entry: entryOf(path, inode), content: noContent };
      continue;
    }
    const [first = path, ...others] = names.get(inode) ?? [];
    if (first !== path) continue;
    const survivor = { inode, path, others: others.length === 0 ? nothing : others };
    if (inode.bytes !== undefined) yield* emitFile(survivor, contentOf(inode.bytes));
    else if (inode.size === 0) yield* emitFile(survivor, noContent);
    else survivors[inode.layer]?.set(inode.index, survivor);
  }

  for (const [number, left] of survivors.entries()) yield* emitLayer(layers, number, left);
}

const nothing: readonly BytePath[] = [];

async function* emitLayer(
  layers: readonly Layer[],
  number: number,
  left: Map<number, Survivor>,
): AsyncGenerator<Member> {
  if (left.size === 0) return;
  let index = 0;
  for await (const { content } of readLayer(layers, number)) {
    const survivor = left.get(index++);
    if (survivor === undefined) continue;
    yield* emitFile(survivor, content);
    left.delete(index - 1);
    if (left.size === 0) return;
  }
  throw new Error(`layer ${number + 1} was not the same when it was read again`);
}

async function* emitFile({ inode, path, others }: Survivor, content: AsyncIterable<Buffer>): AsyncGenerator<Member> {
  const entry = entryOf(path, inode);
  const links = 1 + others.length;
  yield { entry: links === 1 ? entry : { ...entry, links }, content };
  for (const other of others) {
    yield { entry: { ...entry, path: other, type: 'hardlink', size: 0, link: path, links }, content: noContent };
    await Promise.resolve();
  }
}

function entryOf(path: BytePath, inode: Inode): Entry {
  const { type, mode, uid, gid, mtime, size, link, device, xattrs } = inode;
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime,
    size: type === 'file' ? size : 0,
    ...(link === undefined ? {} : { link }),
    ...(device === undefined ? {} : { device }),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

function addName(names: Map<Inode, BytePath[]>, inode: Inode, path: BytePath): void {
  const known = names.get(inode);
  if (known === undefined) names.set(inode, [path]);
  else known.push(path);
}
