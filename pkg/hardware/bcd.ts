/** Two decimal digits in a byte. */
export function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

export function fromBcd(byte: number): number {
  return (byte >> 4) * 10 + (byte & 0x0f);
}
