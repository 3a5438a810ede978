/**
 * Stanzas of `Field: value` lines, one blank line between them (deb-control.5). Only the first line of each value is
 * kept: nothing that is wanted here has more.
 */
export function* readStanzas(text: string): Generator<ReadonlyMap<string, string>> {
  for (const block of text.split(/\n[ \t]*\n/)) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const [, name, value = ''] = /^([A-Za-z][\w-]*):[ \t]*(.*)$/.exec(line) ?? [];
      if (name !== undefined) fields.set(name, value.trim());
    }
    if (fields.size > 0) yield fields;
  }
}
