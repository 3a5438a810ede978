import type { LoadedFile, Problem, Span } from '../problem.ts';
import { quoted } from '../quote.ts';

/** Whatever YAML 1.2.2, section 5.7, does not list. */
const badEscape =
  /(?<!\\)(?:\\\\)*\\(?![0abtnvfre "/\\N_LP\t\r\n]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00(?:0[\da-fA-F]|10)[\da-fA-F]{4})/;

const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

/**
 * Checks lexemes one by one for what is best shown where it begins, long before a parser stumbles over it: quotes and
 * brackets that are never closed, and escape sequences that do not exist.
 */
export class LexicalCheck {
  readonly #file: LoadedFile;
  readonly #open: { readonly bracket: string; readonly start: number }[] = [];
  /** Brackets are punctuation unless the lexer has announced a scalar. */
  #isScalar = false;

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
