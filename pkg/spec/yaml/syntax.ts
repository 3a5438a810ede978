import type { Document, YAMLError } from 'yaml';
import type { LoadedFile, Problem, Span } from '../problem.ts';
import { quoted } from '../quote.ts';

/**
 * Reports what the parser found, in words for people who do not know its grammar. One mistake often makes it stumble
 * again and again: of each line only the first error counts, and what merely repeats or follows an error is left out.
 */
export function reportSyntax(file: LoadedFile, document: Document.Parsed): void {
  let lastLine = 0;
  let lastMessage = '';
  for (const error of [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])) {
    const { span, problem } = explain(file, error, document.errors);
    const { line } = file.lines.position(span.start);
    const isConsequence =
      (lastLine > 0 && /^Unexpected .* token/.test(error.message)) ||
      (error.code === 'BAD_INDENT' && line === lastLine + 1 && lastMessage.startsWith('a tab'));
    const isRepetition = line - lastLine <= 1 && withoutNumbers(problem.message) === lastMessage;
    if (line !== lastLine && !isConsequence && !isRepetition) file.report(span, problem);
    lastLine = line;
    lastMessage = withoutNumbers(problem.message);
  }
}

function withoutNumbers(message: string): string {
  return message.replaceAll(/\d+/g, '');
}

interface Explained {
  readonly span: Span;
  readonly problem: Problem;
}

function explain(file: LoadedFile, error: YAMLError, all: readonly YAMLError[]): Explained {
  const [start, end] = error.pos;
  const span = { start, end: Math.max(start, end) };
  if (error.code === 'TAG_RESOLVE_FAILED' || error.code === 'BAD_COLLECTION_TYPE')
    return { span, problem: unknownTag(file.text.slice(start, end)) };
  if (error.code === 'BAD_INDENT' || error.message.startsWith('Sequence item without'))
    return indentation(file, span, error.message);
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' || error.code === 'MULTILINE_IMPLICIT_KEY') {
    return implicitKey(file, span, all);
  }
  const isFirstOnLine = file.text.slice(file.text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';
  if (/at node end$/.test(error.message) && isFirstOnLine && start > 0) return indentation(file, span, error.message);
  if (error.message.startsWith('Implicit map keys'))
    return missingColon(file, { start, end: lineEnd(file.text, start) });
  const sentence = sentences.find(({ when }) => when.test(error.message));
  const found = visibleWord(file.text, start);
  const message = sentence?.message.replace('FOUND', () => found) ?? `this is not YAML: ${error.message}`;
  return { span, problem: syntax(message, sentence?.hint) };
}

function syntax(message: string, hint?: string): Problem {
  return { code: 'syntax', message, ...(hint !== undefined && { hint }) };
}

export function unknownTag(tag: string): Problem {
  const hint = 'Write the value without a tag; quotes make a text of it.';
  return { code: 'unknown-tag', message: `the tag ${quoted(tag)} has no meaning here`, hint };
}

/** Something that turned out to be a key further on: a colon too many, a missing one, or a line indented too far. */
function implicitKey(file: LoadedFile, span: Span, all: readonly YAMLError[]): Explained {
  const { text } = file;
  const longest = all
    .filter(({ pos }) => pos[0] === span.start)
    .reduce((end, { pos }) => Math.max(end, pos[1]), span.end);
  const lastLine = text.lastIndexOf('\n', longest - 1) + 1;
  const before = text.slice(text.lastIndexOf('\n', span.start - 1) + 1, span.start);
  const isOverSeveralLines = lastLine > span.start;
  if (isOverSeveralLines && before.trimStart().replace(/^-\s+/, '') !== '') {
    const start = skipBlanks(text, lastLine);
    const { line } = file.lines.position(span.start);
    const dash = /^(\s*)-[\w.]+:\s/.exec(text.slice(span.start - before.length, lineEnd(text, span.start)));
    if (dash) return missingSpace(span.start - before.length + (dash[1] ?? '').length);
    const message = `this line is indented too far: what stands above it, on line ${line}, has a value already`;
    return { span: { start, end: lineEnd(text, start) }, problem: syntax(message) };
  }
  if (!isOverSeveralLines && before.trim() !== '') {
    const message = 'a value with ": " in it must be in quotes';
    return { span: { start: span.start, end: lineEnd(text, span.start) }, problem: syntax(message) };
  }
  return missingColon(file, { start: span.start, end: lineEnd(text, span.start) });
}

function missingColon(file: LoadedFile, { start: from, end }: Span): Explained {
  const start = skipBlanks(file.text, from);
  const line = file.text.slice(start, end).trimEnd();
  const span = { start, end: start + line.length };
  if (/^-(\s|$)/.test(line)) {
    return { span, problem: syntax('a list item ("- ") stands where a key is expected', 'Check its indentation.') };
  }
  const block = blockAbove(file, start);
  if (block !== undefined && block.depth >= columnOf(file, start)) {
    const hint = `The text after "${block.sign}" on line ${block.line} must be indented further than its key.`;
    return { span, problem: syntax('this line does not belong to the text above, nor is it a key', hint) };
  }
  const glued = /^([^\s:]+):\S/.exec(line);
  if (glued) return { span, problem: syntax(`a space is missing after the ":" of ${quoted(glued[1] ?? '')}`) };
  return { span, problem: syntax(`a ":" is missing after ${quoted(line.replace(/\s+#.*$/, ''))}`) };
}

function indentation(file: LoadedFile, { start: from }: Span, message: string): Explained {
  // Comments may stand anywhere: it is the text behind them that is in the wrong place.
  const blank = /(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*/y;
  blank.lastIndex = from;
  const start = from + (blank.exec(file.text)?.[0].length ?? 0);
  const span = { start, end: Math.max(start, lineEnd(file.text, start)) };
  if (message.startsWith('All sequence')) {
    return {
      span,
      problem: syntax('the items ("- ") of a list must start in the same column', 'Check the indentation.'),
    };
  }
  const block = blockAbove(file, start);
  if (block !== undefined && message.startsWith('All mapping')) {
    const hint = `If it belongs to the text after "${block.sign}" on line ${block.line}, indent it as far as the text's first line.`;
    return { span, problem: syntax('the keys of a mapping must start in the same column', hint) };
  }
  if (message.startsWith('All mapping')) {
    return { span, problem: syntax('the keys of a mapping must start in the same column', 'Check the indentation.') };
  }
  if (message.startsWith('Sequence item')) {
    return { span, problem: syntax('"- " is missing, or the line is indented wrongly') };
  }
  return { span, problem: syntax('this line belongs to nothing above it', 'Check the indentation.') };
}

function missingSpace(dash: number): Explained {
  return { span: { start: dash, end: dash + 1 }, problem: syntax('a space is missing after "-"') };
}

/** The "|" or ">" whose text ended right above, and how far its line is indented. */
function blockAbove(
  file: LoadedFile,
  start: number,
): { readonly sign: string; readonly line: number; readonly depth: number } | undefined {
  const last = file.lines.position(start).line;
  const column = columnOf(file, start);
  for (let line = last - 1; line > Math.max(0, last - 100); line--) {
    const text = file.lines.line(line);
    const depth = text.search(/\S/);
    const sign = /(?:[:-] +)([|>])[-+\d]*\s*(?:#.*)?$/.exec(text)?.[1];
    if (depth >= 0 && sign !== undefined) return { sign, line, depth };
    if (depth >= 0 && depth < column && !text.trimStart().startsWith('#')) return undefined;
  }
  return undefined;
}

function columnOf(file: LoadedFile, start: number): number {
  return file.lines.position(start).column - 1;
}

/** What else yaml's composer says, by the beginning of its sentences. */
const sentences: readonly { readonly when: RegExp; readonly message: string; readonly hint?: string }[] = [
  { when: /^Tabs are not allowed/, message: 'a tab cannot indent', hint: 'Use spaces.' },
  { when: /^Plain value cannot start/, message: 'a value cannot start with FOUND', hint: 'Put the value in quotes.' },
  {
    when: /^Unexpected block-seq-ind on same line/,
    message: 'a list cannot start on the line of its key',
    hint: 'Put each item on a line of its own, or write [a, b].',
  },
  {
    when: /^Unexpected .* at node end/,
    message: 'there is more text after the end of the value',
    hint: 'Put the whole value in one pair of quotes.',
  },
  { when: /^Unexpected , in flow|^Unexpected empty item/, message: 'a value is missing before ","' },
  { when: /^Missing , (or : )?between flow/, message: '"," is missing before this' },
  { when: /^Missing space after :/, message: 'a space is missing after ":"' },
  { when: /^Comments must be separated/, message: 'a space is missing before "#"' },
  {
    when: /^Block scalar header|^Not a YAML token|^Missing (block|line)|^Block scalars with/,
    message: 'after "|" or ">" the line must end',
    hint: 'The text follows on the next lines, indented. A value that begins with these characters needs quotes.',
  },
  {
    when: /^A node can have at most one anchor/,
    message: 'a value can have one anchor ("&") only',
  },
  { when: /^A node can have at most one tag/, message: 'a value can have one tag ("!") only' },
  { when: /^An alias node must not/, message: 'an alias ("*") can have neither anchor nor tag' },
  { when: /^(Anchor|Alias) cannot be an empty/, message: 'a name is missing behind "&" or "*"' },
  { when: /^Tags and anchors must be separated/, message: 'a space is missing after the name behind "&" or "!"' },
  { when: /^Missing newline after block sequence/, message: 'the list must start on a line of its own' },
  { when: /^(Anchor|Alias) ending in :/, message: 'a space is missing between the name and ":"' },
  { when: /^Missing directives-end/, message: '"---" is missing between the directives ("%") and the document' },
  { when: /directive/, message: 'FOUND is not a directive that lkit knows' },
  { when: /^The : indicator must be at most 1024/, message: 'a key is longer than 1024 characters' },
  {
    when: /^Map comment|^Block collections are not allowed within flow/,
    message: 'block style cannot stand inside [ ] or { }',
  },
  { when: /^Block collection cannot start on same line/, message: 'nothing but a comment may follow "---"' },
  { when: /^Anchors and tags must be after/, message: '"&" and "!" must stand before the value, behind ":" or "-"' },
  { when: /^Unexpected/, message: 'FOUND is not expected here' },
];

/** The word at an offset, or the character where none starts, in quotes. */
function visibleWord(text: string, start: number): string {
  const rest = text.slice(start, start + 80);
  return quoted(/^%?[\w-]+/.exec(rest)?.[0] ?? Array.from(rest)[0] ?? 'the end of the file');
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : text[end - 1] === '\r' && end - 1 >= from ? end - 1 : end;
}
