import assert from 'node:assert/strict';
import { type Diagnostic, parseSpec, type Spec } from '../../../pkg/spec/index.ts';

/** The specification of YAML texts, named `a.yml`, `b.yml` …, in folders of their own. */
export function specOf(...texts: readonly string[]): Spec {
  const { spec, diagnostics } = parse(...texts);
  assert.ok(spec, diagnostics.map(said).join('\n'));
  return spec;
}

export function parse(...texts: readonly (string | Uint8Array)[]): ReturnType<typeof parseSpec> {
  return parseSpec(
    texts.map((text, index) => {
      const letter = String.fromCharCode(97 + index);
      return { file: `${letter}.yml`, text, baseDir: `/project/${letter}` };
    }),
  );
}

/** All that is said about texts: `a.yml:1:1 message`. */
export function saidOf(...texts: readonly (string | Uint8Array)[]): readonly string[] {
  return parse(...texts).diagnostics.map(said);
}

export function said({ severity, at, message }: Diagnostic): string {
  return `${at.file}:${at.line}:${at.column} ${severity === 'error' ? '' : `${severity}: `}${message}`;
}
