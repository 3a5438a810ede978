import { splitWords as split } from '../host/index.ts';
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
 * Splits into words as a shell does.
 *
 * @throws {MachineError} `bad-options` for a quote that is never closed
 */
export function splitWords(text: string): readonly string[] {
  const words = split(text);
  if (words !== undefined) return words;
  throw badInput(
    'bad-options',
    `a quotation mark is never closed in: ${text}`,
    `Example: -device 'virtio-balloon,id=b'`,
  );
}
