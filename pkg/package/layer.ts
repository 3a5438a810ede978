import { createHash } from 'node:crypto';
import { bytePath, type Entry, gzip, type Member, noContent, tarHeader, writeTar } from '../archive/index.ts';
import { type Descriptor, type Digest, mediaTypes } from '../image/index.ts';
import type { Store } from '../store/index.ts';
import type { TreeContent, TreeNode } from './tree.ts';

export interface Layer {
  readonly descriptor: Descriptor;
  /** Digest of the uncompressed tar (image-spec, config.md, "Layer DiffID"). */
  readonly diffId: Digest;
}

export interface LayerOptions {
  /** Seconds since 1970, for every file. */
  readonly mtime: number;
  /** gzip's, 1 to 9. */
  readonly level: number;
}

/** Puts a tree into the store as a compressed layer. The same tree gives the same bytes. */
export async function writeLayer(nodes: readonly TreeNode[], options: LayerOptions, store: Store): Promise<Layer> {
  const diff = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of tarContent(nodes, options.mtime).open()) {
      diff.update(chunk);
      yield chunk;
    }
  }
  const { digest, size } = await store.writeBlob(gzip(hashed(), options.level));
  return { descriptor: { mediaType: mediaTypes.layerGzip, digest, size }, diffId: `sha256:${diff.digest('hex')}` };
}

const blockBytes = 512;

/** A tar archive of the nodes, in their order. `mtime` in seconds since 1970. */
export function tarContent(nodes: readonly TreeNode[], mtime: number): TreeContent {
  const entries = nodes.map((node) => entryOf(node, mtime));
  const sizes = entries.map((entry) => tarHeader(entry).length + Math.ceil(entry.size / blockBytes) * blockBytes);
  const size = sizes.reduce((sum, each) => sum + each, 2 * blockBytes);
  async function* members(): AsyncGenerator<Member> {
    for (const [index, entry] of entries.entries()) {
      yield await Promise.resolve({ entry, content: nodes[index]?.content?.open() ?? noContent });
    }
  }
  return { size, open: () => writeTar(members()) };
}

function entryOf({ path, type, mode, uid, gid, link, content }: TreeNode, mtime: number): Entry {
  const entry = { path: bytePath(path), type, mode, uid, gid, mtime, size: content?.size ?? 0 };
  return link === undefined ? entry : { ...entry, link: bytePath(link) };
}
