import { annotations, type Descriptor } from './types.ts';

/** The names in the root folder that a layer says it has, and no other; `undefined` for a layer that says nothing. */
export function layerNames({ annotations: all = {} }: Pick<Descriptor, 'annotations'>): readonly string[] | undefined {
  const text = all[annotations.layerNames];
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((name) => typeof name === 'string') ? list : undefined;
  } catch {
    // Anybody may write anything into an annotation.
    return undefined;
  }
}
