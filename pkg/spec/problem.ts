import { type Location, nearest } from '../errors/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { SourceText } from './source.ts';
import { type DecodedText, decodeText, lineTable, type LineTable, locate } from './text.ts';
import type { Tree } from './yaml/tree.ts';

/** A range of offsets in a file's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A diagnostic whose place is still an offset. */
export interface Problem extends Omit<Diagnostic, 'at' | 'end' | 'severity'> {
  /** @default 'error' */
  readonly severity?: Diagnostic['severity'];
}

interface Reported extends Span {
  readonly severity: Diagnostic['severity'];
  readonly describe: () => Problem;
}

/** One file on its way from text to specification, with everything that was found to say about it. */
export class LoadedFile {
  readonly source: SourceText;
  readonly decoded: DecodedText;
  /** Told when the file is empty: what a file of this kind needs at least. */
  readonly essentials: string;
  /** The document; `undefined` when the file cannot be used at all. */
  root: Tree | undefined;
  readonly #problems: Reported[] = [];
  #lines: LineTable | undefined;

  constructor(source: SourceText, essentials = 'A system needs at least "kernel:" and "init:".') {
    this.source = source;
    this.essentials = essentials;
    this.decoded = decodeText(source);
  }

  get text(): string {
    return this.decoded.text;
  }

  get lines(): LineTable {
    return (this.#lines ??= lineTable(this.text));
  }

  /** The place where a span starts. */
  locate({ start }: Span): Location {
    return locate(this.source.file, this.lines, start);
  }

  report({ start, end }: Span, problem: Problem): void {
    this.#problems.push({ start, end, severity: problem.severity ?? 'error', describe: () => problem });
  }

  /** As `report`, for an error that may be one of very many: it is described only if it will be shown. */
  reportLater({ start, end }: Span, describe: () => Problem): void {
    this.#problems.push({ start, end, severity: 'error', describe });
  }

  hasErrors(): boolean {
    return this.#problems.some(isError);
  }

  /**
   * In the order of the file. Of several problems with the very same text only the first counts, and of more than
   * `limit` those that are errors come first and a last entry tells how many were left out.
   */
  diagnostics(limit: number): readonly Diagnostic[] {
    const sorted = [...this.#problems].sort(byPlace);
    const distinct = sorted.filter(({ start, end }, index) => {
      const before = sorted[index - 1];
      return before?.start !== start || before.end !== end;
    });
    const chosen = [...distinct].sort(bySeverity).slice(0, limit).sort(byPlace);
    const rest = distinct.length - chosen.length;
    const last = chosen.at(-1);
    const more: Problem = { code: 'too-large', message: `${rest} more problems are not shown` };
    if (rest > 0 && last) chosen.push({ ...last, end: last.start, severity: 'notice', describe: () => more });
    return chosen.map(({ start, end, severity, describe }) => ({
      ...describe(),
      severity,
      at: this.locate({ start, end }),
      end: this.lines.position(end),
    }));
  }
}

function byPlace(a: Span, b: Span): number {
  return a.start - b.start || a.end - b.end;
}

function bySeverity(a: Reported, b: Reported): number {
  return Number(isError(b)) - Number(isError(a));
}

function isError({ severity }: Reported): boolean {
  return severity === 'error';
}

/** The end of a message and the list for programs: the words that are near to what the user wrote. */
export function suggest(
  word: string,
  candidates: Iterable<string>,
): { readonly text: string; readonly suggestions?: readonly string[] } {
  const suggestions = nearest(word, candidates);
  if (suggestions.length === 0) return { text: '' };
  return { text: ` (did you mean ${suggestions.map((each) => `"${each}"`).join(' or ')}?)`, suggestions };
}
