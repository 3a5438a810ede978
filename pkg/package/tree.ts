import { contentOf, lendHostFile } from '../archive/index.ts';
import { PackageError } from './error.ts';

/** A file of an image that is being made. */
export interface TreeNode {
  /** Relative, without trailing slash. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Target of a symlink as written, or the path of the file that a hard link names. */
  readonly link?: string;
  readonly content?: TreeContent;
}

/** The bytes of a file, read when it is written. They may be lent (see `lendHostFile`). */
export interface TreeContent {
  /** Bytes. */
  readonly size: number;
  readonly open: () => AsyncIterable<Buffer>;
}

export function bytesContent(bytes: Buffer): TreeContent {
  return { size: bytes.length, open: () => contentOf(bytes) };
}

/** A file of the host, which has that many bytes. */
export function fileContent(file: string, size: number): TreeContent {
  return { size, open: () => lendHostFile(file) };
}

/** Nodes by path. A later one replaces an earlier one; a folder that is there keeps its attributes. */
export class Tree {
  readonly #nodes = new Map<string, TreeNode>();

  /** @throws {PackageError} `conflicting-files` where a folder would take the place of something else, or be taken by it */
  add(node: TreeNode): void {
    const before = this.#nodes.get(node.path);
    if (before && before.type === 'directory' && node.type === 'directory') return;
    if (before && (before.type === 'directory' || node.type === 'directory')) throw conflict(before, node);
    this.#addParents(node);
    this.#nodes.set(node.path, node);
  }

  #addParents(node: TreeNode): void {
    for (let slash = node.path.indexOf('/'); slash > 0; slash = node.path.indexOf('/', slash + 1)) {
      const path = node.path.slice(0, slash);
      const parent = this.#nodes.get(path);
      if (parent === undefined) this.#nodes.set(path, { path, type: 'directory', mode: 0o755, uid: 0, gid: 0 });
      else if (parent.type !== 'directory') throw conflict(parent, node);
    }
  }

  has(path: string): boolean {
    return this.#nodes.has(path);
  }

  /** In the order of an archive: folders before what is in them, hard links after the file that they name. */
  sorted(): readonly TreeNode[] {
    const nodes = [...this.#nodes.values()].sort((a, b) => compare(a.path, b.path));
    const isLink = ({ type }: TreeNode): boolean => type === 'hardlink';
    return [...nodes.filter((node) => !isLink(node)), ...nodes.filter(isLink)];
  }
}

function compare(a: string, b: string): number {
  const left = a.replaceAll('/', '\0');
  const right = b.replaceAll('/', '\0');
  return left < right ? -1 : left > right ? 1 : 0;
}

function conflict(there: TreeNode, node: TreeNode): PackageError {
  const message = `the recipe makes /${there.path} a ${there.type} and also puts a ${node.type} at /${node.path}`;
  return new PackageError('conflicting-files', message, { kind: 'input' });
}
