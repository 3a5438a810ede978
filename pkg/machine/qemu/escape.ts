/** A value inside QEMU's comma-separated lists, where a comma is written twice. */
export function escape(value: string): string {
  return value.replaceAll(',', ',,');
}
