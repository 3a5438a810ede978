/** A field of a protobuf message, encoded (protobuf.dev, "Encoding"). */
export type Field = Buffer;

function varint(value: bigint): Buffer {
  const found: number[] = [];
  for (let left = value; ; left >>= 7n) {
    if (left < 0x80n) return Buffer.from([...found, Number(left)]);
    found.push(Number(left & 0x7fn) | 0x80);
  }
}

/** A field with a number in it; one below zero is written as 64 bits. */
export function number(field: number, value: bigint): Field {
  return Buffer.concat([varint(BigInt(field) << 3n), varint(BigInt.asUintN(64, value))]);
}

/** A field with bytes, a text or a message in it. */
export function bytes(field: number, content: Buffer | string): Field {
  const length = Buffer.byteLength(content);
  return Buffer.concat([varint((BigInt(field) << 3n) | 2n), varint(BigInt(length)), Buffer.from(content)]);
}

export function message(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields);
}
