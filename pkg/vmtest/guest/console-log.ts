import { StringDecoder } from 'node:string_decoder';
import { compare } from '../expectation.ts';
import type { Expectation } from '../types.ts';

/** A line of the console and when it began, in milliseconds since the machine was started. */
export interface ConsoleLine {
  readonly atMs: number;
  readonly text: string;
}

const longestLine = 64 * 1024;
/** What is kept of lines that no step waits for any more. */
const keptLines = 1000;
/** Shown above the line that an excerpt is about. */
const linesBefore = 3;
/** More than this between two console steps is forgotten from its beginning. */
const mostLines = 100_000;

/** ECMA-48: control sequences, strings of a terminal (a window's title), other escapes. */
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;

/** A line as a person sees it. */
export function plainLine(text: string): string {
  return text.replaceAll(escapes, '').replaceAll('\r', '');
}

/** What a machine's console has printed, line by line, and waiting for what it will print. */
export class ConsoleLog {
  /** When something was last printed, in milliseconds since the start; 0 before that. */
  lastOutputMs = 0;
  firstOutputMs: number | undefined;
  private readonly now: () => number;
  private readonly onLine: (line: ConsoleLine) => void;
  private readonly decoder = new StringDecoder('utf8');
  private readonly waiting = new Set<() => void>();
  private lines: ConsoleLine[] = [];
  private unfinished = '';
  private unfinishedAtMs = 0;
  /** Where the next search begins: a line, which may be the unfinished one, and an offset in it. */
  private cursor = { line: 0, column: 0 };

  /** @param now milliseconds since the machine was started */
  constructor(now: () => number, onLine: (line: ConsoleLine) => void) {
    this.now = now;
    this.onLine = onLine;
  }

  append(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.lastOutputMs = this.now();
    this.firstOutputMs ??= this.lastOutputMs;
    const [first = '', ...rest] = this.decoder.write(chunk).split('\n');
    this.extend(first);
    for (const next of rest) {
      this.finishLine();
      this.extend(next);
    }
    this.forget();
    for (const look of [...this.waiting]) look();
  }

  /**
   * The last lines, an unfinished one included; or, where one of them has the text `about`, from just before that line
   * on, which may be far above the last.
   */
  excerpt(count: number, about?: string): readonly string[] {
    const all = this.all();
    const found = about === undefined ? -1 : all.findLastIndex(({ text }) => text.includes(about));
    const start = found < 0 ? all.length - count : Math.min(found - linesBefore, all.length - count);
    return all
      .slice(Math.max(0, start))
      .slice(0, count)
      .map(({ text }) => text);
  }

  /**
   * Waits until a line holds what is expected, behind what was found before.
   *
   * @returns whether it came before the signal was aborted, and the last number that was not near enough
   */
  async waitFor(
    expected: Expectation,
    signal: AbortSignal,
  ): Promise<{ readonly seen: boolean; readonly found?: string }> {
    let found: string | undefined;
    return await new Promise((resolve) => {
      const end = (seen: boolean): void => {
        this.waiting.delete(look);
        signal.removeEventListener('abort', giveUp);
        resolve({ seen, ...(found !== undefined && { found }) });
      };
      const giveUp = (): void => {
        end(false);
      };
      const look = (): void => {
        const { seen, near } = this.search(expected);
        found = near ?? found;
        if (seen) end(true);
      };
      this.waiting.add(look);
      signal.addEventListener('abort', giveUp);
      look();
      if (signal.aborted && this.waiting.has(look)) giveUp();
    });
  }

  /** Moves the cursor behind what is found, or to the unfinished line. */
  private search(expected: Expectation): { readonly seen: boolean; readonly near?: string | undefined } {
    let near: string | undefined;
    for (; this.cursor.line <= this.lines.length; this.cursor = { line: this.cursor.line + 1, column: 0 }) {
      const { line, column } = this.cursor;
      const text = (this.lines[line]?.text ?? plainLine(this.unfinished)).slice(column);
      const result = compare(expected, text);
      if (result.holds) {
        this.cursor = { line, column: column + result.end };
        return { seen: true };
      }
      near = result.found ?? near;
      if (line === this.lines.length) break;
    }
    return { seen: false, near };
  }

  private extend(text: string): void {
    if (this.unfinished === '') this.unfinishedAtMs = this.now();
    this.unfinished += text;
    if (this.unfinished.length > longestLine) this.finishLine();
  }

  private finishLine(): void {
    const line = { atMs: this.unfinishedAtMs, text: plainLine(this.unfinished) };
    this.lines.push(line);
    this.unfinished = '';
    this.onLine(line);
  }

  private forget(): void {
    const surplus = Math.max(this.lines.length - mostLines, Math.min(this.cursor.line, this.lines.length - keptLines));
    if (surplus < keptLines) return;
    this.lines = this.lines.slice(surplus);
    const line = this.cursor.line - surplus;
    this.cursor = line < 0 ? { line: 0, column: 0 } : { ...this.cursor, line };
  }

  private all(): readonly ConsoleLine[] {
    const text = plainLine(this.unfinished);
    return text === '' ? this.lines : [...this.lines, { atMs: this.unfinishedAtMs, text }];
  }
}
