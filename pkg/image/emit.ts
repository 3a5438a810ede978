import { type BytePath, contentOf, type Entry, type Member, noContent } from '../archive/index.ts';
import { type Inode, isDirectory } from './inode.ts';
import { type Layer, readLayer } from './layer-reader.ts';
import { type Tree, walkTree } from './tree.ts';

/** A file with content, and where it is in the tree. */
interface Survivor {
  readonly inode: Inode;
  readonly path: BytePath;
  /** More names of it. */
  readonly others: readonly BytePath[];
}

/** What is left of one layer. */
interface Leftover {
  /** How many of its files are left that have content. */
  count: number;
  /** Those of them that are not to be found under the name that the archive has for them, by their place in it. */
  readonly moved: Map<number, Survivor>;
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
    if (isDirectory(inode)) yield { entry: entryOf(path, inode), content: noContent };
    else if (inode.attributes.type === 'file' && tree.shared.has(inode)) addName(names, inode, path);
  }

  const leftovers = layers.map((): Leftover => ({ count: 0, moved: new Map() }));
  for (const [path, inode] of walkTree(tree.root)) {
    if (isDirectory(inode)) continue;
    // Links, devices and pipes have nothing to share: each name gets its own.
    if (inode.attributes.type !== 'file') {
      yield { entry: entryOf(path, inode), content: noContent };
      continue;
    }
    const [first = path, ...others] = names.get(inode) ?? [];
    if (first !== path) continue;
    const survivor = { inode, path, others };
    const left = leftovers[inode.layer];
    if (inode.bytes !== undefined) yield* emitFile(survivor, contentOf(inode.bytes));
    else if (inode.size === 0) yield* emitFile(survivor, noContent);
    else if (left !== undefined) {
      left.count++;
      if (tree.shared.has(inode) || tree.elsewhere.has(inode)) left.moved.set(inode.index, survivor);
    }
  }

  for (const [number, left] of leftovers.entries()) yield* emitLayer(tree, layers, number, left);
}

async function* emitLayer(
  tree: Tree,
  layers: readonly Layer[],
  number: number,
  { count, moved }: Leftover,
): AsyncGenerator<Member> {
  if (count === 0) return;
  let index = -1;
  for await (const { entry, content } of readLayer(layers, number)) {
    index++;
    if (entry.type !== 'file' || entry.size === 0) continue;
    const survivor = moved.get(index) ?? unmoved(tree, entry.path, number, index);
    if (survivor === undefined) continue;
    yield* emitFile(survivor, content);
    if (--count === 0) return;
  }
  throw new Error(`layer ${number + 1} was not the same when it was read again`);
}

const nothing: readonly BytePath[] = [];

/** The file of that place in a layer, where it is still what its name stands for. */
function unmoved(tree: Tree, path: BytePath, layer: number, index: number): Survivor | undefined {
  const inode = tree.find(path);
  const isIt = inode?.layer === layer && inode.index === index && !tree.shared.has(inode) && !tree.elsewhere.has(inode);
  return isIt ? { inode, path, others: nothing } : undefined;
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

function entryOf(path: BytePath, { attributes, mtime, size }: Inode): Entry {
  const { type, mode, uid, gid, link, device, xattrs } = attributes;
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
