import { badInput } from './error.ts';

/** A command line that a POSIX shell reads back as exactly these words. */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Splits into words as a shell does: blanks part them; '…', "…" and \x quote. Nothing is expanded.
 *
 * @throws {MachineError} `bad-options` for a quote that is never closed
 */
export function splitWords(text: string): readonly string[] {
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
  if (quote !== undefined) {
    throw badInput('bad-options', `a ${quote} is never closed in: ${text}`, `Example: -device 'virtio-balloon,id=b'`);
  }
  return word === undefined ? words : [...words, word];
}
