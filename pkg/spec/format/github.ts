import type { Diagnostic } from '../diagnostic.ts';

/** A workflow command that makes GitHub show the diagnostic at its line: `::error file=…,line=…,col=…::message`. */
export function formatGithubAnnotation({
  severity,
  at,
  end,
  message,
  hint,
}: Pick<Diagnostic, 'severity' | 'at' | 'end' | 'message' | 'hint'>): string {
  const range = end.line === at.line && end.column > at.column ? `,endColumn=${end.column}` : '';
  const place = `file=${property(at.file)},line=${at.line},col=${at.column}${range}`;
  return `::${severity} ${place}::${data(hint === undefined ? message : `${message}. ${hint}`)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
