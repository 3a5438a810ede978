import type { LoadedFile, Problem, Span } from '../problem.ts';
import { quoted } from '../quote.ts';

/** Whatever YAML 1.2.2, section 5.7, does not list. */
const badEscape =
  /(?<!\\)(?:\\\\)*\\(?![0abtnvfre "/\\N_LP\t\r\n]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00(?:0[\da-fA-F]|10)[\da-fA-F]{4})/;

/** A text that begins with what only looks like a space, or with "-" or a key and such a character behind it. */
const oddSpace = /^(-|\w[\w.-]*:)?(?:[^\S \t\r\n]|\u200B)/;

const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

/**
 * Checks lexemes one by one for what is best shown where it begins, long before a parser stumbles over it: quotes and
 * brackets that are never closed, escape sequences that do not exist, and spaces that are none.
 */
export class LexicalCheck {
  readonly #file: LoadedFile;
  readonly #open: { readonly bracket: string; readonly start: number }[] = [];
  /** Brackets are punctuation unless the lexer has announced a scalar. */
  #isScalar = false;
  /** The next scalar is the text behind "|" or ">", in which everything is allowed. */
  #isBlock = false;

  constructor(file: LoadedFile) {
    this.#file = file;
  }

  next(lexeme: string, start: number): void {
    const isPunctuation = !this.#isScalar;
    this.#isScalar = lexeme === '\x1f';
    if (lexeme.startsWith('"')) this.#quoted(lexeme, start, /^"(?:[^"\\]|\\[^])*"$/);
    else if (lexeme.startsWith("'")) this.#quoted(lexeme, start, /^'(?:[^']|'')*'$/);
    else if (lexeme === '\x18') this.end();
    else if (isPunctuation && lexeme in closers) this.#open.push({ bracket: lexeme, start });
    else if (isPunctuation && (lexeme === ']' || lexeme === '}')) this.#close(lexeme, start);
    else if (isPunctuation) this.#isBlock ||= /^[|>]/.test(lexeme);
    else {
      if (!this.#isBlock) this.#plain(lexeme, start);
      this.#isBlock = false;
    }
  }

  /** The text, or a collection in brackets, has ended. */
  end(): void {
    const innermost = this.#open.at(-1);
    this.#open.length = 0;
    if (!innermost) return;
    const { bracket, start } = innermost;
    const message = `this "${bracket}" is never closed`;
    this.#report({ start, end: start + 1 }, { code: 'syntax', message, expected: `"${closers[bracket] ?? ''}"` });
  }

  #close(lexeme: string, start: number): void {
    const opened = this.#open.pop();
    if (opened && closers[opened.bracket] === lexeme) return;
    const span = { start, end: start + 1 };
    if (!opened) {
      const hint = 'Put the value in quotes if the bracket belongs to it.';
      this.#report(span, { code: 'syntax', message: `there is no open bracket for this "${lexeme}"`, hint });
      return;
    }
    const { line } = this.#file.lines.position(opened.start);
    const message = `"${lexeme}" cannot close the "${opened.bracket}" of line ${line}`;
    this.#report(span, { code: 'syntax', message, expected: `"${closers[opened.bracket] ?? ''}"` });
    this.#open.length = 0;
  }

  #plain(lexeme: string, start: number): void {
    const odd = oddSpace.exec(lexeme);
    if (!odd) return;
    const { text } = this.#file;
    const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
    // Behind a key, "note:" is the beginning of its text.
    if (odd[1] !== undefined && !/^[ -]*$/.test(before)) return;
    const end = start + odd[0].length;
    const code = text
      .charCodeAt(end - 1)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
    const message = `this is the character U+${code}, which only looks like a space`;
    const hint = 'Write a space; copied text often has others.';
    this.#report({ start: end - 1, end }, { code: 'syntax', message, hint });
  }

  #quoted(lexeme: string, start: number, closed: RegExp): void {
    if (!closed.test(lexeme)) {
      const end = start + lexeme.search(/\r?\n|$/);
      this.#report({ start, end }, { code: 'syntax', message: 'this quote is never closed' });
      return;
    }
    const bad = lexeme.startsWith('"') ? badEscape.exec(lexeme) : null;
    if (!bad) return;
    const at = bad.index + bad[0].length - 1;
    const message = `${quoted(lexeme.slice(at, at + 2))} is not an escape sequence of double quotes`;
    const hint = 'Write \\\\ for a backslash, or use single quotes, in which a backslash is just that.';
    this.#report({ start: start + at, end: start + at + 2 }, { code: 'syntax', message, hint });
  }

  #report(span: Span, problem: Problem): void {
    this.#file.report(span, problem);
  }
}
