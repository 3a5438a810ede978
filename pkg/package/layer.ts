import { bytePath, type Entry, type Member, noContent, tarHeader, writeTar } from '../archive/index.ts';
import { putLayer, type Store, type StoredLayer } from '../store/index.ts';
import type { TreeContent, TreeNode } from './tree.ts';

/** Puts a tree into the store as a layer. The same tree gives the same bytes. `mtime` in seconds since 1970. */
export function writeLayer(nodes: readonly TreeNode[], mtime: number, store: Store): Promise<StoredLayer> {
  return putLayer(store, members(nodes, mtime));
}

const blockBytes = 512;

/** A tar archive of the nodes, in their order. `mtime` in seconds since 1970. */
export function tarContent(nodes: readonly TreeNode[], mtime: number): TreeContent {
  const entries = nodes.map((node) => entryOf(node, mtime));
  const sizes = entries.map((entry) => tarHeader(entry).length + Math.ceil(entry.size / blockBytes) * blockBytes);
  const size = sizes.reduce((sum, each) => sum + each, 2 * blockBytes);
  return { size, open: () => writeTar(members(nodes, mtime), { lend: true }) };
}

async function* members(nodes: readonly TreeNode[], mtime: number): AsyncGenerator<Member> {
  for (const node of nodes) {
    yield await Promise.resolve({ entry: entryOf(node, mtime), content: node.content?.open() ?? noContent });
  }
}

function entryOf({ path, type, mode, uid, gid, link, content }: TreeNode, mtime: number): Entry {
  const entry = { path: bytePath(path), type, mode, uid, gid, mtime, size: content?.size ?? 0 };
  return link === undefined ? entry : { ...entry, link: bytePath(link) };
}
