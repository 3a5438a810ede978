export { formatGithubAnnotation } from './github.ts';
export { type JsonDiagnostic, toJsonDiagnostic } from './json.ts';
export { formatDiagnostic, formatDiagnostics, type FormatOptions, formatSourceLine } from './text.ts';
