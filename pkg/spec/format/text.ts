import { createColors } from 'picocolors';
import { formatLocation } from '../../errors/index.ts';
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

function format(diagnostic: Diagnostic, lines: LineTable | undefined, { color = false }: FormatOptions): string {
  const paint = createColors(color);
  const { severity, at, end, message, hint } = diagnostic;
  const tint = { error: paint.red, warning: paint.yellow, notice: paint.cyan }[severity];
  const result = [`${paint.bold(`${visible(formatLocation(at))}:`)} ${prefix(severity, tint)}${message}`];
  if (lines) {
    const { text, indent, mark } = excerpt(
      lines.line(at.line),
      at.column,
      end.line === at.line ? end.column : Infinity,
    );
    const number = String(at.line).padStart(5);
    result.push(`${paint.dim(`${number} |`)} ${text}`, `${paint.dim('      |')} ${indent}${tint(mark)}`);
  }
  if (hint !== undefined) result.push(`${paint.dim('      =')} ${hint}`);
  return result.join('\n');
}

function prefix(severity: Severity, tint: (text: string) => string): string {
  return severity === 'error' ? '' : `${tint(`${severity}:`)} `;
}
