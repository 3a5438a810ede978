/** A text, and all that is said about it: `line:column message`, in order; warnings and notices have their severity before the message. */
export type InvalidCase = readonly [text: string, ...says: readonly string[]];

/** A system with one service that has, on line 4, the given keys. */
export function service(keys: string): string {
  return `services:\n  - name: web\n    image: x\n    ${keys}\n`;
}
