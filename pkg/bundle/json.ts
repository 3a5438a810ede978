/**
 * JSON with an indent of two spaces and a newline at the end, keys in the order in which they stand, `undefined` left
 * out. Unlike `JSON.stringify` it writes a `bigint`, as resource limits of 64 bits need.
 */
export function toJson(value: object): string {
  return encode(value, '') + '\n';
}

function encode(value: unknown, indent: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = indent + '  ';
  if (Array.isArray(value)) {
    const items = value.map((item) => deeper + encode(item, deeper));
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value as Readonly<Record<string, unknown>>)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${deeper}${JSON.stringify(name)}: ${encode(field, deeper)}`);
  return fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n${indent}}`;
}

/** The same record with its keys sorted, so that equal maps give equal bytes; `undefined` where there is nothing in it. */
export function sortedRecord(
  record: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(record ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
