/** A YAML value and where it stands: aliases and merge keys are resolved, an alias being the very node it stands for. */
export type Tree = ScalarNode | ListNode | MappingNode;

interface Positioned {
  /** Offsets into the text. For an alias those of the value that it stands for. */
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends Positioned {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written, where it is written without quotes. */
  readonly plain: string | undefined;
}

export interface ListNode extends Positioned {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface MappingNode extends Positioned {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, MappingEntry>;
}

export interface MappingEntry {
  readonly key: Positioned;
  readonly value: Tree;
}

/** A value of a mapping; `undefined` where there is none, or the node is no mapping. */
export function child(node: Tree | undefined, key: string): Tree | undefined {
  return node?.kind === 'mapping' ? node.entries.get(key)?.value : undefined;
}

/** The items of a list; none where the node is no list. */
export function items(node: Tree | undefined): readonly Tree[] {
  return node?.kind === 'list' ? node.items : [];
}

export function textOf(node: Tree | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** The texts of a list, each with its place; other values are left out. */
export function texts(node: Tree | undefined): readonly { readonly text: string; readonly node: Tree }[] {
  return items(node).flatMap((item) => {
    const text = textOf(item);
    return text === undefined ? [] : [{ text, node: item }];
  });
}

/** The JSON value of a tree. A node that stands in several places becomes one shared value. */
export function toPlain(node: Tree): unknown {
  const done = new Map<Tree, unknown>();
  const plain = (each: Tree): unknown => {
    if (each.kind === 'scalar') return each.value;
    if (!done.has(each)) done.set(each, each.kind === 'list' ? each.items.map(plain) : plainMapping(each, plain));
    return done.get(each);
  };
  return plain(node);
}

/** `fromEntries` makes a key of the user's an own property, whatever its name: `__proto__` as well. */
function plainMapping({ entries }: MappingNode, plain: (node: Tree) => unknown): unknown {
  return Object.fromEntries([...entries].map(([key, { value }]) => [key, plain(value)]));
}

/** The scalars of a tree, each once. */
export function* scalars(node: Tree, seen = new Set<Tree>()): Generator<ScalarNode> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'scalar') yield node;
  else if (node.kind === 'list') for (const item of node.items) yield* scalars(item, seen);
  else for (const { value } of node.entries.values()) yield* scalars(value, seen);
}

export function scalarOf(node: Tree | undefined): ScalarNode['value'] | undefined {
  return node?.kind === 'scalar' ? node.value : undefined;
}
