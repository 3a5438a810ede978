const longest = 60;

/** A user's text inside a message: in quotes, on one line, without control characters, not too long. */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, longest * 2));
  const isCut = characters.length > longest || text.length > longest * 2;
  const shown = isCut ? `${characters.slice(0, longest - 1).join('')}…` : text;
  return `"${visible(shown).replaceAll('"', '\\"')}"`;
}

/** Without anything that would move a terminal's cursor, change its colours or turn the reading direction. */
export function visible(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(/(?!\u200D)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => escapes[character] ?? '\u{FFFD}');
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `a`, `a or b`, `a, b or c` */
export function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
