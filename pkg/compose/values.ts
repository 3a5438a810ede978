import type { Tree } from '../spec/index.ts';

/** A scalar as text, however it is written; `undefined` for lists, mappings and null. */
export function scalarText(node: Tree | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.plain ?? String(node.value));
}

/** Booleans are also written as texts, since texts can be interpolated. */
export function isTrue(node: Tree | undefined): boolean {
  return ['true', 'yes', 'on', '1'].includes(scalarText(node)?.toLowerCase() ?? '');
}

export interface Item {
  readonly text: string;
  readonly node: Tree;
}

/** The texts of a list, or a single text. */
export function listOfTexts(node: Tree | undefined): readonly Item[] {
  const nodes = node?.kind === 'list' ? node.items : node === undefined ? [] : [node];
  return nodes.flatMap((each) => {
    const text = scalarText(each);
    return text === undefined ? [] : [{ text, node: each }];
  });
}

export interface Pair {
  readonly key: string;
  /** `undefined` for a key without a value. */
  readonly value: string | undefined;
  readonly node: Tree;
}

/** A mapping, or a list of `KEY=value`: Compose takes either for most of its tables. */
export function pairs(node: Tree | undefined, separator = '='): readonly Pair[] {
  if (node?.kind === 'mapping') {
    return [...node.entries].map(([key, { value }]) => ({ key, value: scalarText(value), node: value }));
  }
  return listOfTexts(node).map(({ text, node: item }) => {
    const at = text.indexOf(separator);
    return at < 0
      ? { key: text, value: undefined, node: item }
      : { key: text.slice(0, at), value: text.slice(at + separator.length), node: item };
  });
}

const byteUnits: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes of `512`, `64m`, `1gb`, `-1` (Compose specification, 05-services.md, "Specifying byte values"). */
export function parseBytes(text: string): number | undefined {
  const match = /^(-1|\d+(?:\.\d+)?) *([bkmgt]?)(?:i?b)?$/i.exec(text.trim());
  return match === null ? undefined : Math.round(Number(match[1]) * (byteUnits[match[2]?.toLowerCase() ?? ''] ?? 1));
}

/** A whole number, or `undefined`. */
export function parseWhole(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text.trim()) ? Number(text) : undefined;
}

/** A duration such as `1m30s`, which is lkit's form as well; `undefined` for anything else. */
export function parseDuration(text: string | undefined): string | undefined {
  return text !== undefined && /^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text) ? text : undefined;
}
