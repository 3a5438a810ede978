import { createColors } from 'picocolors';
import { formatLocation, type Location } from '../../errors/index.ts';
import type { Diagnostic, Severity } from '../diagnostic.ts';
import { visible } from '../quote.ts';
import type { SourceText } from '../source.ts';
import { decodeText, type LineTable, lineTable } from '../text.ts';
import { excerpt } from './excerpt.ts';

export interface FormatOptions {
  /** Use ANSI colours. @default false */
  readonly color?: boolean;
}

/**
 * A diagnostic for people: `file:line:column: message`, the line it is about with the place marked, and what to do.
 * Several lines, without a line break at the end.
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  source: Pick<SourceText, 'text'> | undefined,
  options: FormatOptions = {},
): string {
  return format(diagnostic, source && lineTable(decodeText(source).text), options);
}

/** All of them, each by `formatDiagnostic`, an empty line between two. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
  options: FormatOptions = {},
): string {
  const tables = new Map(sources.map((source) => [source.file, lineTable(decodeText(source).text)]));
  return diagnostics.map((each) => format(each, tables.get(each.at.file), options)).join('\n\n');
}

/** The line of a text at which something begins, with a mark below. */
export function formatSourceLine(source: Pick<SourceText, 'text'>, at: Location): string {
  const paint = createColors(false);
  const lines = lineTable(decodeText(source).text);
  return sourceLine(lines, at, at.column + 1, paint, paint.red).join('\n');
}

type Paint = (text: string) => string;

function sourceLine(
  lines: LineTable,
  { line, column }: Location,
  endColumn: number,
  { dim }: { readonly dim: Paint },
  tint: Paint,
): readonly string[] {
  const { text, indent, mark } = excerpt(lines.line(line), column, endColumn);
  return [`${dim(`${String(line).padStart(5)} |`)} ${text}`, `${dim('      |')} ${indent}${tint(mark)}`];
}

function format(diagnostic: Diagnostic, lines: LineTable | undefined, { color = false }: FormatOptions): string {
  const paint = createColors(color);
  const { severity, at, end, message, hint } = diagnostic;
  const tint = { error: paint.red, warning: paint.yellow, notice: paint.cyan }[severity];
  const result = [`${paint.bold(`${visible(formatLocation(at))}:`)} ${prefix(severity, tint)}${message}`];
  if (lines) result.push(...sourceLine(lines, at, end.line === at.line ? end.column : Infinity, paint, tint));
  if (hint !== undefined) result.push(`${paint.dim('      =')} ${hint}`);
  return result.join('\n');
}

function prefix(severity: Severity, tint: Paint): string {
  return severity === 'error' ? '' : `${tint(`${severity}:`)} `;
}
