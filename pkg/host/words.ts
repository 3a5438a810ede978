/**
 * Splits a command line into words as a POSIX shell does: blanks part them; '…', "…" and \x quote. Nothing is expanded.
 *
 * @returns `undefined` where a quotation mark is never closed
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  const characters = text[Symbol.iterator]();
  for (const character of characters) {
    const escapes = character === '\\' && quote !== "'";
    if (escapes) word = (word ?? '') + (characters.next().value ?? '');
    else if (quote !== undefined && character === quote) quote = undefined;
    else if (quote !== undefined) word = (word ?? '') + character;
    else if (character === "'" || character === '"') [quote, word] = [character, word ?? ''];
    else if (!/\s/.test(character)) word = (word ?? '') + character;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}
