/**
 * The fields of one protobuf message, by number (protobuf.dev, "Encoding"): numbers as `bigint`, everything that has a
 * length as its bytes. What is cut off in the middle is left out: it only tells of progress.
 */
export type ProtobufFields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export function decodeProtobuf(bytes: Buffer): ProtobufFields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 64n && at < bytes.length; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  const take = (length: number): Buffer | undefined => {
    if (at + length > bytes.length) return undefined;
    return bytes.subarray(at, (at += length));
  };
  const readValue = (wireType: number): bigint | Buffer | undefined => {
    if (wireType === wireTypes.varint) return varint();
    if (wireType === wireTypes.fixed64) return take(8)?.readBigUInt64LE();
    if (wireType === wireTypes.fixed32) return BigInt(take(4)?.readUInt32LE() ?? 0);
    if (wireType !== wireTypes.bytes) return undefined;
    const length = varint();
    return length === undefined || length > bytes.length ? undefined : take(Number(length));
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = tag === undefined ? undefined : readValue(Number(tag & 7n));
    if (tag === undefined || value === undefined) break;
    const number = Number(tag >> 3n);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

/** The messages (or byte strings) of a repeated field. */
export function bytesOf(fields: ProtobufFields, number: number): readonly Buffer[] {
  return (fields.get(number) ?? []).filter((value) => Buffer.isBuffer(value));
}

export function textOf(fields: ProtobufFields, number: number): string {
  return bytesOf(fields, number).at(-1)?.toString() ?? '';
}

export function numberOf(fields: ProtobufFields, number: number): number {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}
