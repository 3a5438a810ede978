import { type BytePath, displayPath, type Entry, type Member, ownName, parentPath } from '../archive/index.ts';
import { OutputError } from './aside.ts';

/** A tree that can be read more than once. */
export interface Tree {
  /** What the user calls it. */
  readonly name: string;
  /** The folder that everything is in, its first member. @default the root */
  readonly at?: BytePath | undefined;
  readonly members: () => AsyncIterable<Member>;
}

/**
 * Trees laid over one another, as overlayfs would show them: the last one's entry wins, folders of several are one.
 * A tree is read twice, once for its names and once for its content, unless it has a folder of its own that no other tree
 * has anything in. Memory grows with the number of names of the others.
 *
 * @throws {OutputError} `conflicting-trees` when a tree's files lie below what another has as a symlink or a file
 */
export async function* mergeTrees(trees: readonly Tree[]): AsyncGenerator<Member> {
  const winners = await findWinners(trees);
  const made = new Set<BytePath>();
  for (const [number, tree] of trees.entries()) {
    const links = new Links(number, winners.of);
    for await (const { entry, content } of tree.members()) {
      const { path, type } = entry;
      if (winners.apart.has(number) && path !== tree.at) {
        yield { entry, content };
      } else if (type === 'directory') {
        const winner = winners.of.get(path);
        if (winner?.directory === undefined || made.has(path)) continue;
        made.add(path);
        yield { entry: winner.directory, content };
      } else {
        const kept = links.kept(entry);
        if (kept !== undefined) yield { entry: kept, content };
      }
    }
  }
}

/** What a path will be: of which tree, and which kind of thing. Files of one tree share this: there are many. */
interface Winner {
  readonly tree: number;
  readonly type: Entry['type'];
  readonly directory?: Entry;
  /** Of a hard link. */
  readonly link?: BytePath | undefined;
}

interface Winners {
  readonly of: Map<BytePath, Winner>;
  /** The numbers of those trees of which no more than their folder is listed. */
  readonly apart: ReadonlySet<number>;
}

async function findWinners(trees: readonly Tree[]): Promise<Winners> {
  const apart = new Map(trees.flatMap(({ at }, number) => (at === undefined ? [] : [[number, at] as const])));
  const of = await listTrees(trees, apart);
  const taken = [...apart].filter(([, at]) => of.get(at)?.directory === undefined || hasBelow(at, of.keys()));
  for (const [number] of taken) apart.delete(number);
  return { of: taken.length === 0 ? of : await listTrees(trees, apart), apart: new Set(apart.keys()) };
}

function hasBelow(folder: BytePath, paths: Iterable<BytePath>): boolean {
  for (const path of paths) if (path.startsWith(`${folder}/`)) return true;
  return false;
}

/** @param apart the trees of which nothing but the folder is to be listed */
async function listTrees(trees: readonly Tree[], apart: ReadonlyMap<number, BytePath>): Promise<Map<BytePath, Winner>> {
  const winners = new Map<BytePath, Winner>();
  for (const [tree, { name, members }] of trees.entries()) {
    const kinds = new Map<Entry['type'], Winner>();
    for await (const { entry } of members()) {
      const path = ownName(entry.path);
      requireFolders(path, tree, name, winners);
      const before = winners.get(path);
      if (before?.directory !== undefined && entry.type !== 'directory') dropBelow(path, winners);
      winners.set(path, winnerOf(entry, tree, kinds));
      if (apart.has(tree)) break;
    }
  }
  return winners;
}

function winnerOf(entry: Entry, tree: number, kinds: Map<Entry['type'], Winner>): Winner {
  const { type, link } = entry;
  if (type === 'directory') return { tree, type, directory: entry };
  if (type === 'hardlink') return { tree, type, link };
  const known = kinds.get(type) ?? { tree, type };
  kinds.set(type, known);
  return known;
}

/** A folder that the tree itself does not list must not be something else in the trees below. */
function requireFolders(path: BytePath, tree: number, name: string, winners: ReadonlyMap<BytePath, Winner>): void {
  for (let folder = parentPath(path); folder !== ''; folder = parentPath(folder)) {
    const winner = winners.get(folder);
    if (winner === undefined || winner.directory !== undefined) continue;
    const place = `/${displayPath(folder)}`;
    const message = `${name} has files below ${place}, which is a ${winner.type} in an image before it`;
    throw new OutputError('conflicting-trees', winner.tree === tree ? `${name}: ${place} is no folder` : message, {
      kind: 'input',
      hint: `The image before it needs a real folder ${place}.`,
    });
  }
}

function dropBelow(folder: BytePath, winners: Map<BytePath, Winner>): void {
  for (const path of winners.keys()) if (path.startsWith(`${folder}/`)) winners.delete(path);
}

/** Hard links of one tree, of which other trees may have replaced some names. */
class Links {
  readonly #tree: number;
  readonly #winners: ReadonlyMap<BytePath, Winner>;
  /** The names that are left of each file, by its first name. */
  readonly #names = new Map<BytePath, readonly BytePath[]>();

  constructor(tree: number, winners: ReadonlyMap<BytePath, Winner>) {
    this.#tree = tree;
    this.#winners = winners;
    for (const [path, winner] of winners) {
      if (winner.tree !== tree || winner.type !== 'hardlink') continue;
      const first = winner.link ?? '';
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
