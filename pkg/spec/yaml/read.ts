import { Composer, type CST, type Document, Lexer, Parser } from 'yaml';
import type { LoadedFile, Problem } from '../problem.ts';
import { composeTree, reportEmpty } from './compose.ts';
import { LexicalCheck } from './lexical.ts';
import { limits } from './limits.ts';
import { reportSyntax } from './syntax.ts';

/**
 * Reads a file's one YAML document (YAML 1.2 core, with merge keys) into `file.root`. Whatever is wrong with it is
 * reported; then `root` stays undefined, or holds what could be read.
 */
export function readYaml(file: LoadedFile): void {
  if (!isReadable(file)) return;
  const tokens = tokenize(file);
  if (tokens === undefined) return;
  const document = withoutStacks(() => compose(file, tokens));
  if (document === undefined) return;
  reportSyntax(file, document);
  if (!file.hasErrors()) composeTree(file, document);
}

const controlCharacter = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

function isReadable(file: LoadedFile): boolean {
  const { text, invalidAt, isUtf16 } = file.decoded;
  const size = file.source.text.length;
  const start = { start: 0, end: 0 };
  if (size > limits.bytes) {
    const message = `the file is ${megabytes(size)} MiB long, and lkit reads at most ${megabytes(limits.bytes)} MiB`;
    file.report(start, {
      code: 'too-large',
      message,
      hint: 'Long contents of "files" belong into files of their own: "source".',
    });
    return false;
  }
  if (isUtf16) {
    file.report(start, { code: 'encoding', message: 'the file is in UTF-16', hint: 'Save it as UTF-8.' });
    return false;
  }
  const control = controlCharacter.exec(text);
  if (control) {
    const code = text.includes('\0') ? 0 : control[0].charCodeAt(0);
    const at = code === 0 ? text.indexOf('\0') : control.index;
    file.report({ start: at, end: at + 1 }, controlProblem(code));
    return false;
  }
  const lonely = /\r(?!\n)/.exec(text);
  if (lonely) {
    const message = 'the line ends here with a carriage return alone';
    const hint = 'Save the file with line feeds (LF, or CR and LF).';
    file.report({ start: lonely.index, end: lonely.index + 1 }, { code: 'encoding', message, hint });
    return false;
  }
  if (invalidAt !== undefined) {
    const message = 'this is not UTF-8';
    file.report({ start: invalidAt, end: invalidAt }, { code: 'encoding', message, hint: 'Save the file as UTF-8.' });
    return false;
  }
  return true;
}

function controlProblem(code: number): Problem {
  if (code === 0) return { code: 'encoding', message: 'a NUL character is in the file', hint: 'Is it a text file?' };
  const digits = code.toString(16).padStart(2, '0');
  const message = `the control character U+00${digits.toUpperCase()} is in the file`;
  return { code: 'encoding', message, hint: `Remove it, or write "\\x${digits}" inside double quotes.` };
}

function megabytes(bytes: number): string {
  return (Math.ceil((bytes / 2 ** 20) * 10) / 10).toString();
}

/** Stops where the nesting gets too deep for what reads it afterwards, which is recursive. */
function tokenize(file: LoadedFile): readonly CST.Token[] | undefined {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  const check = new LexicalCheck(file);
  let offset = 0;
  let count = 0;
  for (const lexeme of new Lexer().lex(file.text)) {
    check.next(lexeme, offset);
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (!isMark(lexeme)) offset += lexeme.length;
    const here = { start: offset, end: offset };
    if (parser.stack.length > limits.depth) {
      file.report(here, { code: 'too-large', message: `values are nested more than ${limits.depth} levels deep here` });
      return undefined;
    }
    if (++count > limits.lexemes) {
      file.report(here, { code: 'too-large', message: 'the file has more values than lkit reads' });
      return undefined;
    }
  }
  check.end();
  if (file.hasErrors()) return undefined;
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** What the lexer puts between the pieces of the text: start of a document, of a scalar, end of a broken flow. */
function isMark(lexeme: string): boolean {
  return lexeme === '\x02' || lexeme === '\x18' || lexeme === '\x1f';
}

/** Of the composer's errors only text and place are used; taking their stacks is half of what composing a broken file costs. */
function withoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function compose(file: LoadedFile, tokens: readonly CST.Token[]): Document.Parsed | undefined {
  const composer = new Composer({ schema: 'core', merge: false, uniqueKeys: false, prettyErrors: false });
  const [document, second] = composer.compose(tokens);
  if (document === undefined) {
    reportEmpty(file);
    return undefined;
  }
  if (second !== undefined) {
    const start = second.range[0];
    const hint = 'Put each document into a file of its own; lkit merges several files.';
    const end = Math.min(start + 3, file.text.length);
    file.report({ start, end }, { code: 'multiple-documents', message: 'a second document starts here', hint });
  }
  return document;
}
