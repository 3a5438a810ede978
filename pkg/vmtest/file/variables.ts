import type { WrittenValue } from './written.ts';

const reference = /\$\{\{ *([^{}]*?) *\}\}/g;

/** The names that `${{ NAME }}` in a text refers to, each with its offset. */
export function referencesIn(text: string): readonly { readonly name: string; readonly index: number }[] {
  return [...text.matchAll(reference)].map((match) => ({ name: match[1] ?? '', index: match.index }));
}

/** A value with every `${{ NAME }}` in its texts replaced, at any depth; keys stay as they are. */
export function substitute<Value>(value: Value, variables: ReadonlyMap<string, WrittenValue>): Value {
  const replace = (each: unknown): unknown => {
    if (typeof each === 'string') {
      return each.replaceAll(reference, (written, name: string) => String(variables.get(name) ?? written));
    }
    if (Array.isArray(each)) return each.map(replace);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, item]) => [key, replace(item)]));
  };
  return replace(value) as Value;
}
