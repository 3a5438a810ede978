import type { Diagnostic } from '../diagnostic.ts';

/** A diagnostic for programs. Lines and columns count from 1; the end is behind the last character. */
export interface JsonDiagnostic extends Omit<Diagnostic, 'at' | 'end'> {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function toJsonDiagnostic({ at, end, ...others }: Diagnostic): JsonDiagnostic {
  return { file: at.file, line: at.line, column: at.column, endLine: end.line, endColumn: end.column, ...others };
}
