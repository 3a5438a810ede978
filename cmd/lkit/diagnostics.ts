import path from 'node:path';
import { parseReference } from '../../pkg/image/reference.ts';
import { imageNameCheck } from '../../pkg/source/image-name.ts';
import {
  type Diagnostic,
  formatDiagnostics,
  formatGithubAnnotation,
  type Parsed,
  parseSpec,
  type SourceText,
  type Spec,
  toJsonDiagnostic,
} from '../../pkg/spec/index.ts';
import { installDir } from './context.ts';
import { exitCodes, Reported } from './failure.ts';

/** How diagnostics are printed: for people, for programs, for GitHub's annotations. */
export const diagnosticFormats = ['text', 'json', 'github'] as const;
export type DiagnosticFormat = (typeof diagnosticFormats)[number];

/**
 * Parses YAML files and prints what there is to say about them to standard error.
 *
 * @throws {Reported} when they are invalid
 */
export async function parseAndReport(sources: readonly SourceText[], quiet: boolean): Promise<Spec> {
  const { spec, diagnostics } = await parseSystem(sources);
  reportDiagnostics(diagnostics, sources, quiet);
  if (spec === undefined) throw new Reported(exitCodes.invalid);
  return spec;
}

/**
 * Prints what there is to say about files to standard error.
 *
 * @throws {Reported} when there is an error among it
 */
export function reportDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
  quiet: boolean,
): void {
  const shown = quiet ? diagnostics.filter(({ severity }) => severity !== 'notice') : diagnostics;
  if (shown.length > 0) process.stderr.write(`${printDiagnostics(shown, sources, 'text')}\n`);
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new Reported(exitCodes.invalid);
}

/** As `parseSpec`, with what is wrong with names of images, and what the models of emulated devices have to say. */
export async function parseSystem(sources: readonly SourceText[]): Promise<Parsed> {
  const parsed = parseSpec(sources, {
    checkImageName: imageNameCheck(path.join(installDir, 'images'), parseReference),
  });
  if (parsed.spec?.hardware === undefined) return parsed;
  const { checkHardware } = await import('../../pkg/hardware/index.ts');
  const found = await checkHardware(parsed.spec.hardware);
  const isValid = found.every(({ severity }) => severity !== 'error');
  return { spec: isValid ? parsed.spec : undefined, diagnostics: [...parsed.diagnostics, ...found] };
}

export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
  format: DiagnosticFormat,
): string {
  switch (format) {
    case 'json':
      return JSON.stringify(diagnostics.map(toJsonDiagnostic), null, 2);
    case 'github':
      return diagnostics.map(formatGithubAnnotation).join('\n');
    case 'text':
      return formatDiagnostics(diagnostics, sources, {
        color: process.stderr.isTTY && (process.env['NO_COLOR'] ?? '') === '',
      });
  }
}
