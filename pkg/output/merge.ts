import { type BytePath, displayPath, type Entry, type Member, parentPath } from '../archive/index.ts';
import { OutputError } from './aside.ts';

/** A tree that can be read more than once. */
export interface Tree {
  /** What the user calls it. */
  readonly name: string;
  readonly members: () => AsyncIterable<Member>;
}

/**
 * Trees laid over one another, as overlayfs would show them: the last one's entry wins, folders of several are one.
 * Each tree is read twice, once for its names and once for its content.
 *
 * @throws {OutputError} `conflicting-trees` when a tree's files lie below what another has as a symlink or a file
 */
export async function* mergeTrees(trees: readonly Tree[]): AsyncGenerator<Member> {
  const winners = await findWinners(trees);
  const made = new Set<BytePath>();
  for (const [number, tree] of trees.entries()) {
    const links = new Links(number, winners);
    for await (const { entry, content } of tree.members()) {
      const winner = winners.get(entry.path);
      if (entry.type === 'directory') {
        if (winner?.entry.type !== 'directory' || made.has(entry.path)) continue;
        made.add(entry.path);
        yield { entry: winner.entry, content };
        continue;
      }
      const kept = links.kept(entry);
      if (kept !== undefined) yield { entry: kept, content };
    }
  }
}

interface Winner {
  readonly tree: number;
  readonly entry: Entry;
}

type Winners = Map<BytePath, Winner>;

async function findWinners(trees: readonly Tree[]): Promise<Winners> {
  const winners: Winners = new Map();
  for (const [tree, { name, members }] of trees.entries()) {
    for await (const { entry } of members()) {
      requireFolders(entry.path, tree, name, winners);
      const before = winners.get(entry.path);
      if (before?.entry.type === 'directory' && entry.type !== 'directory') dropBelow(entry.path, winners);
      winners.set(entry.path, { tree, entry });
    }
  }
  return winners;
}

/** A folder that the tree itself does not list must not be something else in the trees below. */
function requireFolders(path: BytePath, tree: number, name: string, winners: Winners): void {
  for (let folder = parentPath(path); folder !== ''; folder = parentPath(folder)) {
    const winner = winners.get(folder);
    if (winner === undefined || winner.entry.type === 'directory') continue;
    const place = `/${displayPath(folder)}`;
    const message = `${name} has files below ${place}, which is a ${winner.entry.type} in an image before it`;
    throw new OutputError('conflicting-trees', winner.tree === tree ? `${name}: ${place} is no folder` : message, {
      kind: 'input',
      hint: `The image before it needs a real folder ${place}.`,
    });
  }
}

function dropBelow(folder: BytePath, winners: Winners): void {
  for (const path of winners.keys()) if (path.startsWith(`${folder}/`)) winners.delete(path);
}

/** Hard links of one tree, of which other trees may have replaced some names. */
class Links {
  readonly #tree: number;
  readonly #winners: Winners;
  /** The names that are left of each file, by its first name. */
  readonly #names = new Map<BytePath, readonly BytePath[]>();

  constructor(tree: number, winners: Winners) {
    this.#tree = tree;
    this.#winners = winners;
    for (const [path, winner] of winners) {
      if (winner.tree !== tree || winner.entry.type !== 'hardlink') continue;
      const first = winner.entry.link ?? '';
      const others = this.#names.get(first) ?? (this.#isKept(first) ? [first] : []);
      this.#names.set(first, [...others, path]);
    }
  }

  #isKept(path: BytePath): boolean {
    return this.#winners.get(path)?.tree === this.#tree;
  }

  /** The entry as it has to be written, or `undefined`. A file whose first name is gone takes the next one. */
  kept(entry: Entry): Entry | undefined {
    if (entry.type === 'hardlink') {
      const [first] = this.#names.get(entry.link ?? '') ?? [];
      return this.#isKept(entry.path) && first !== entry.path ? { ...entry, link: first ?? '' } : undefined;
    }
    const [first, ...others] = this.#names.get(entry.path) ?? [];
    if (first !== undefined) return { ...entry, path: first, links: others.length + 1 };
    if (!this.#isKept(entry.path)) return undefined;
    return entry.links === undefined ? entry : { ...entry, links: 1 };
  }
}
