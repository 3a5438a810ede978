import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type LoadedFile, type Span, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { limits } from './limits.ts';
import { unknownTag } from './syntax.ts';
import type { ListNode, MappingEntry, MappingNode, ScalarNode, Tree } from './tree.ts';

/**
 * Turns YAML's syntax tree into values: follows aliases, applies merge keys (yaml.org/type/merge.html), and reports
 * duplicate keys, unknown anchors, and aliases that multiply beyond measure.
 */
export function composeTree(file: LoadedFile, document: Document.Parsed): void {
  const composer = new TreeComposer(file);
  const root = composer.compose(document.contents);
  if (root.kind === 'scalar' && root.value === null) reportEmpty(file);
  else if (!composer.isUnusable) file.root = root;
}

export function reportEmpty(file: LoadedFile): void {
  file.report({ start: 0, end: 0 }, { code: 'empty', message: 'the file is empty', hint: file.essentials });
}

/** Those of the core schema (YAML 1.2.2, section 10.3). */
const knownTags = ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'];

class TreeComposer {
  readonly #file: LoadedFile;
  readonly #anchors = new Map<string, Tree>();
  /** What stands in the place of aliases without an anchor. */
  readonly #unknown = new Set<Tree>();
  /** How many values each collection holds with all that its aliases stand for. */
  readonly #sizes = new Map<Tree, number>();
  /** Something is missing, so that checks of the whole would tell what is not so. */
  isUnusable = false;

  constructor(file: LoadedFile) {
    this.#file = file;
  }

  compose(node: Node | null | undefined): Tree {
    if (isAlias(node)) return this.#alias(node.source, spanOf(node));
    this.#checkTag(node);
    const tree = isMap(node) ? this.#mapping(node) : isSeq(node) ? this.#list(node) : scalar(node);
    const anchor = isNode(node) && 'anchor' in node ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, tree);
    return tree;
  }

  #checkTag(node: Node | null | undefined): void {
    const { tag, range } = isNode(node) && 'tag' in node ? node : {};
    if (tag === undefined || knownTags.includes(tag.replace('tag:yaml.org,2002:', ''))) return;
    const written = tag.replace('tag:yaml.org,2002:', '!!');
    const value = range?.[0] ?? 0;
    const start = Math.max(this.#file.text.lastIndexOf(written, value), 0);
    this.#file.report({ start, end: start + written.length }, unknownTag(written));
    this.isUnusable = true;
  }

  #alias(name: string, span: Span): Tree {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const near = suggest(name, this.#anchors.keys());
      const hint = `An anchor, "&${name}" before a value, must stand above. A text that begins with "*" needs quotes.`;
      const message = `there is no anchor ${quoted(name)}${near.text}`;
      this.#file.report(span, { code: 'unknown-anchor', message, hint, ...pick(near) });
      this.isUnusable = true;
      const nothing: ScalarNode = { kind: 'scalar', value: null, plain: '', ...span };
      this.#unknown.add(nothing);
      return nothing;
    }
    return target;
  }

  #list(node: YAMLSeq): ListNode {
    const items = node.items.map((item) => this.compose(isNode(item) ? item : undefined));
    const list: ListNode = { kind: 'list', items, ...spanOf(node) };
    this.#measure(list, items);
    return list;
  }

  #mapping(node: YAMLMap): MappingNode {
    const entries = new Map<string, MappingEntry>();
    const merged: MappingNode[] = [];
    for (const pair of node.items) {
      const key = this.#key(pair);
      if (key === undefined) continue;
      const value = isNode(pair.value) ? this.compose(pair.value) : emptyAfter(key.span);
      if (key.isMerge) merged.push(...this.#mergeSources(value, key.span));
      const first = entries.get(key.name);
      if (first) this.#reportDuplicate(key.name, key.span, first.key);
      else entries.set(key.name, { key: key.span, value });
    }
    if (merged.length > 0) mergeInto(entries, merged);
    const mapping: MappingNode = { kind: 'mapping', entries, ...spanOf(node) };
    this.#measure(
      mapping,
      [...entries.values()].map(({ value }) => value),
    );
    return mapping;
  }

  #key({ key }: Pair): { readonly name: string; readonly span: Span; readonly isMerge: boolean } | undefined {
    const node = isNode(key) ? key : undefined;
    const span = spanOf(node);
    const tree = this.compose(node);
    if (tree.kind !== 'scalar') {
      this.#file.report(span, {
        code: 'syntax',
        message: `a key must be a text, not a ${tree.kind}`,
        expected: 'a text',
      });
      return undefined;
    }
    const name = tree.plain ?? String(tree.value);
    if (name === '' && tree.plain !== undefined) {
      const colon = Math.max(span.end, this.#file.text.indexOf(':', span.end));
      const message = 'a key is missing before ":"';
      this.#file.report({ start: colon, end: colon + 1 }, { code: 'syntax', message, expected: 'a key' });
      return undefined;
    }
    return { name, span, isMerge: tree.plain === '<<' };
  }

  #mergeSources(value: Tree, key: Span): readonly MappingNode[] {
    const sources = value.kind === 'list' ? value.items : [value];
    const mappings = sources.filter((source) => source.kind === 'mapping');
    if (sources.some((source) => source.kind !== 'mapping' && !this.#unknown.has(source))) {
      const message = 'a merge key ("<<") takes a mapping, or a list of mappings';
      this.#file.report(key, { code: 'wrong-type', message, expected: 'a mapping, or a list of mappings' });
    }
    return mappings;
  }

  #reportDuplicate(name: string, span: Span, first: Span): void {
    const { line } = this.#file.lines.position(first.start);
    const message = `the key ${quoted(name)} is here a second time; it first stands on line ${line}`;
    this.#file.report(span, { code: 'duplicate-key', message, hint: 'Put what belongs together under one key.' });
  }

  #measure(tree: ListNode | MappingNode, values: readonly Tree[]): void {
    const size = values.reduce((sum, value) => sum + (this.#sizes.get(value) ?? 1), 1);
    this.#sizes.set(tree, size);
    if (size <= limits.values || this.isUnusable) return;
    this.isUnusable = true;
    const message = `the aliases below this stand for more than ${limits.values} values`;
    this.#file.report({ start: tree.start, end: tree.start + 1 }, { code: 'too-large', message });
  }
}

/** Keys of one's own win over merged ones, earlier merged mappings over later ones. */
function mergeInto(entries: Map<string, MappingEntry>, sources: readonly MappingNode[]): void {
  entries.delete('<<');
  for (const source of sources) {
    for (const [name, entry] of source.entries) {
      if (!entries.has(name)) entries.set(name, entry);
    }
  }
}

function scalar(node: Node | null | undefined): ScalarNode {
  const span = spanOf(node);
  if (!isScalar(node)) return { kind: 'scalar', value: null, plain: '', ...span };
  const plain = node.type === Scalar.PLAIN || node.type === undefined ? (node.source ?? '') : undefined;
  // Values of other types come from tags, which have been reported.
  return { kind: 'scalar', value: isScalarValue(node.value) ? node.value : null, plain, ...span };
}

function isScalarValue(value: unknown): value is ScalarNode['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function emptyAfter({ end }: Span): ScalarNode {
  return { kind: 'scalar', value: null, plain: '', start: end, end };
}

function spanOf(node: Node | null | undefined): Span {
  const [start, end] = node?.range ?? [0, 0];
  return { start, end };
}

function pick({ suggestions }: { readonly suggestions?: readonly string[] }): {
  readonly suggestions?: readonly string[];
} {
  return suggestions === undefined ? {} : { suggestions };
}
