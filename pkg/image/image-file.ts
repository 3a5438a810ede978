import type { BytePath, Member } from '../archive/index.ts';
import { count, flatten, type FlattenOptions } from './flatten.ts';
import { inspectLayer, type Layer } from './layer-reader.ts';
import { Budget } from './limits.ts';

/** A layer that may tell which names it has in the root folder, no other layer of its image having any of them. */
export interface NamedLayer extends Layer {
  readonly names?: readonly string[] | undefined;
}

/**
 * One file of an image's tree, if it has it: a single member, or none. Where all layers tell their names, of a file in
 * the root folder only its own layer is read, and no further than to it, without a look at the layer's diff id.
 *
 * @throws {ImageError} as `flatten`
 */
export async function* imageFile(
  layers: readonly NamedLayer[],
  path: BytePath,
  options: Pick<FlattenOptions, 'limits' | 'lend' | 'signal'> = {},
): AsyncGenerator<Member, void, undefined> {
  for await (const member of candidates(layers, path, options)) {
    options.signal?.throwIfAborted();
    if (member.entry.path !== path || member.entry.type !== 'file') continue;
    yield member;
    return;
  }
}

async function* candidates(
  layers: readonly NamedLayer[],
  path: BytePath,
  { limits, lend = false }: Pick<FlattenOptions, 'limits' | 'lend'>,
): AsyncGenerator<Member, void, undefined> {
  // On the way to what lies deeper there may be links.
  if (path.includes('/') || !layers.every(({ names }) => names !== undefined)) {
    yield* flatten(layers, { lend, ...(limits && { limits }) });
    return;
  }
  const budget = new Budget(limits);
  const unproved = layers.map((layer) => ({ open: lend ? (layer.lend ?? layer.open) : layer.open }));
  for (const [number, { names }] of layers.entries()) {
    if (names?.includes(path) !== true) continue;
    for await (const member of inspectLayer(unproved, number, budget)) {
      count(member.entry, budget);
      yield member;
    }
  }
}
