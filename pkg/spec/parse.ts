import { type CheckImageName, checkSystem } from './checks/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import { SpecError } from './error.ts';
import { validateSystem } from './generated/validate.ts';
import { LoadedFile } from './problem.ts';
import type { SourceText } from './source.ts';
import { mergeFiles } from './system/merge.ts';
import type { Spec } from './types.ts';
import { reportViolations, type Validator } from './violations/report.ts';
import { readYaml } from './yaml/read.ts';
import { toPlain } from './yaml/tree.ts';

export interface ParseOptions {
  /** How many diagnostics of each file to give at most. @default 100 */
  readonly limit?: number;
  /** What images can be called. @default anything */
  readonly checkImageName?: CheckImageName | undefined;
}

export interface Parsed {
  /** The merged system; `undefined` when there is an error. */
  readonly spec: Spec | undefined;
  /** Errors, warnings and notices: file by file as given, in the order of their places. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Parses, validates and merges YAML files. No input makes it throw; whatever is wrong in any of the files becomes a
 * diagnostic.
 */
export function parseSpec(sources: readonly SourceText[], { limit = 100, checkImageName }: ParseOptions = {}): Parsed {
  const files = sources.map((source) => new LoadedFile(source));
  for (const file of files) {
    readYaml(file);
    if (file.root) reportViolations(file, file.root, toPlain(file.root), validateSystem as Validator);
  }
  checkSystem(files, checkImageName);
  const diagnostics = files.flatMap((file) => file.diagnostics(limit));
  return { spec: files.some((file) => file.hasErrors()) ? undefined : mergeFiles(files), diagnostics };
}

/**
 * As `parseSpec`, for callers who can do nothing without a specification.
 *
 * @throws {SpecError} `invalid-spec`, with every diagnostic
 */
export function requireSpec(sources: readonly SourceText[], options: ParseOptions = {}): Spec {
  const { spec, diagnostics } = parseSpec(sources, options);
  if (spec) return spec;
  throw new SpecError('invalid-spec', diagnostics);
}
