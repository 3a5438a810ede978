import { type BytePath, displayPath, type Entry, ownName } from '../archive/index.ts';
import { ImageError } from './error.ts';
import { type Directory, type Inode, Inodes, isDirectory } from './inode.ts';
import type { Budget } from './limits.ts';
import { checkName, last, pathOf, splitPath, type Trail, type Tree } from './tree.ts';
import { readWhiteout } from './whiteout.ts';

/**
 * Applies the entries of one layer to the tree of those below it, with the results of containerd's archive/tar.go
 * (OCI image-spec, layer.md, "Applying Changesets"). Whiteouts concern lower layers only, wherever in the archive they
 * stand, so every name that this layer has touched is remembered until its end.
 */
export class Changeset {
  readonly #tree: Tree;
  readonly #layer: number;
  readonly #budget: Budget;
  readonly #inodes: Inodes;
  readonly #touched = new Map<Directory, Set<BytePath>>();

  constructor(tree: Tree, layer: number, budget: Budget) {
    this.#tree = tree;
    this.#layer = layer;
    this.#budget = budget;
    this.#inodes = new Inodes(layer);
  }

  /**
   * @param index the entry's place in the layer's archive, by which its content is found again
   * @throws {ImageError} `invalid-whiteout`, `broken-hard-link`, `not-a-directory`, `symlink-loop`
   */
  apply(entry: Entry, index: number): void {
    if (entry.path === '') {
      this.#inodes.describe(this.#tree.root, entry);
      return;
    }
    const whiteout = readWhiteout(entry.path);
    const { parent, name } = splitPath(entry.path);
    if (whiteout === undefined) this.#put(this.#tree.walk(parent, true, entry.path), name, entry, index);
    else if (whiteout.kind !== 'reserved') this.#hide(parent, whiteout.kind === 'name' ? whiteout.name : undefined);
  }

  #put(trail: Trail, lastPart: BytePath, entry: Entry, index: number): void {
    checkName(lastPart, entry.path);
    const name = ownName(lastPart);
    // Through symlinks, a short path can lead deeper than any system call reaches.
    this.#budget.path(trail.reduce((bytes, step) => bytes + step.name.length + 1, name.length - 1));
    const { children } = last(trail);
    const existing = children.get(name);
    this.#touch(trail, name);
    if (entry.type === 'directory' && isDirectory(existing)) {
      this.#inodes.describe(existing, entry);
      return;
    }
    // What is in the way goes first, also for a link that would then link to itself.
    children.delete(name);
    const inode = entry.type === 'hardlink' ? this.#linked(entry) : this.#inodes.make(entry, index);
    children.set(name, inode);
    if (pathOf(trail, name) !== entry.path) this.#tree.elsewhere.add(inode);
  }

  /** The inode that a hard link names, in this layer or one below. It keeps its metadata; the link's is a copy at best. */
  #linked(entry: Entry): Inode {
    const target = entry.link ?? '';
    const inode = this.#tree.find(target);
    if (inode === undefined || isDirectory(inode)) {
      const reason = inode === undefined ? 'which is not there' : 'which is a directory';
      throw new ImageError(
        'broken-hard-link',
        `"${displayPath(entry.path)}": it is a hard link to "${displayPath(target)}", ${reason}`,
      );
    }
    this.#tree.shared.add(inode);
    return inode;
  }

  /** Takes away what lower layers have at a name, or with no name, everything in the directory. */
  #hide(parent: BytePath, name: BytePath | undefined): void {
    const directory = this.#tree.walk(parent, false)?.at(-1)?.directory;
    if (directory === undefined) return;
    if (name === undefined) this.#purge(directory);
    else this.#hideName(directory, name);
  }

  #hideName(directory: Directory, name: BytePath): void {
    const inode = directory.children.get(name);
    if (!this.#isTouched(directory, name)) directory.children.delete(name);
    else if (isDirectory(inode)) this.#purge(inode);
  }

  #purge(directory: Directory): void {
    for (const name of [...directory.children.keys()]) this.#hideName(directory, name);
  }

  /** Also the directories on the way are this layer's now, or hiding one of them would take the new file along. */
  #touch(trail: Trail, name: BytePath): void {
    // The lowest layer has nothing below it to hide.
    if (this.#layer === 0) return;
    let below = name;
    for (let depth = trail.length - 1; depth >= 0; depth--) {
      const step = trail[depth];
      if (step === undefined) break;
      const names = this.#touched.get(step.directory);
      if (names?.has(below) === true) break;
      if (names === undefined) this.#touched.set(step.directory, new Set([below]));
      else names.add(below);
      below = step.name;
    }
  }

  #isTouched(directory: Directory, name: BytePath): boolean {
    return this.#layer === 0 || this.#touched.get(directory)?.has(name) === true;
  }
}
