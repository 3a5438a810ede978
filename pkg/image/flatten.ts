import type { Entry, Member } from '../archive/index.ts';
import { Changeset } from './changeset.ts';
import { emit } from './emit.ts';
import { inLayer, inspectLayer, type Layer } from './layer-reader.ts';
import { Budget, type Limits } from './limits.ts';
import { treat, type Treatment } from './treatment.ts';
import { Tree } from './tree.ts';

export interface FlattenOptions {
  /** @default 'init', which changes nothing */
  readonly treatment?: Treatment;
  /** Content comes in pieces that are overwritten when the next one is asked for. @default false */
  readonly lend?: boolean;
  /** Limits to replace, each for its own reason; the others keep their defaults. */
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Layers, lowest first, as one file tree, with the results of containerd's unpacking. Every layer is read twice, first
 * for what is in it and what of that is left, then for the content of what is left; memory grows with the number of
 * files only. The order of the members is the same each time: `emit` describes it. Content is valid until the next
 * member is asked for.
 *
 * @throws {ImageError} `invalid-layer`, `digest-mismatch`, `limit-exceeded`, and what a layer does that no tree allows
 */
export async function* flatten(
  layers: readonly Layer[],
  options: FlattenOptions = {},
): AsyncGenerator<Member, void, undefined> {
  const { treatment = 'init', lend = false, limits, signal } = options;
  const lent = layers.map((layer) => ({ ...layer, open: layer.lend ?? layer.open }));
  const tree = await readTree(lent, new Budget(limits), signal);
  treat(tree, treatment);
  for await (const member of emit(tree, lend ? lent : layers)) {
    signal?.throwIfAborted();
    yield member;
  }
}

async function readTree(layers: readonly Layer[], budget: Budget, signal: AbortSignal | undefined): Promise<Tree> {
  budget.layers(layers.length);
  const tree = new Tree();
  for (const number of layers.keys()) {
    const changeset = new Changeset(tree, number, budget);
    let index = 0;
    for await (const { entry } of inspectLayer(layers, number, budget, signal)) {
      signal?.throwIfAborted();
      inLayer(number, layers.length, () => {
        count(entry, budget);
        changeset.apply(entry, index++);
      });
    }
  }
  return tree;
}

/** Holds an entry to the limits. */
export function count(entry: Entry, budget: Budget): void {
  const link = entry.link?.length ?? 0;
  budget.path(Math.max(entry.path.length, link));
  let metadata = entry.path.length + link;
  for (const [name, value] of entry.xattrs ?? []) metadata += name.length + value.length;
  budget.entry(metadata);
  // What the archive holds is counted as it passes; this adds the holes of sparse files.
  budget.file(entry.size);
}
