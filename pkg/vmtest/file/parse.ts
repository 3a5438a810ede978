import path from 'node:path';
import { parseSize } from '../../machine/index.ts';
import {
  child,
  type Diagnostic,
  items,
  type LoadedFile,
  readValidated,
  type SourceText,
  type Tree,
  type Validator,
} from '../../spec/index.ts';
import { validateTests } from '../generated/validate.ts';
import type { PublishRequest, Step, TestCase, TestImage } from '../types.ts';
import { checkTests } from './checks.ts';
import { type Combination, combinations } from './matrix.ts';
import { toStep } from './steps.ts';
import { timeMs } from './time.ts';
import { substitute } from './variables.ts';
import type { WrittenFile, WrittenSettings, WrittenTest } from './written.ts';

export interface ParsedTests {
  /** In the order of the files; none where there is an error. */
  readonly tests: readonly TestCase[];
  /** File by file as given, in the order of their places. */
  readonly diagnostics: readonly Diagnostic[];
}

const mostDiagnostics = 100;

/** Parses and checks test files. No input makes it throw; whatever is wrong in any of them becomes a diagnostic. */
export function parseTests(sources: readonly SourceText[]): ParsedTests {
  const files = sources.map(parseFile);
  const diagnostics = files.flatMap(({ file }) => file.diagnostics(mostDiagnostics));
  if (files.some(({ file }) => file.hasErrors())) return { tests: [], diagnostics };
  return { tests: files.flatMap(({ tests }) => tests), diagnostics };
}

interface ParsedFile {
  readonly file: LoadedFile;
  readonly tests: readonly TestCase[];
}

function parseFile(source: SourceText): ParsedFile {
  const essentials = 'A test file needs at least "image:" and "tests:".';
  const { file, root, plain } = readValidated(source, validateTests as Validator, essentials);
  if (root !== undefined) checkTests(file, root);
  if (root === undefined || file.hasErrors()) return { file, tests: [] };
  const written = plain as WrittenFile;
  const tests = items(child(root, 'tests')).flatMap((node, index) => {
    const test = written.tests[index];
    if (test === undefined) return [];
    const matrix = test.matrix ?? written.matrix ?? {};
    return combinations(matrix).map((combination) => toTest(file, node, written, test, combination));
  });
  return { file, tests };
}

function toTest(
  file: LoadedFile,
  node: Tree,
  shared: WrittenFile,
  own: WrittenTest,
  { choice, variables, label }: Combination,
): TestCase {
  const merged: WrittenSettings & WrittenTest = { ...shared, ...own, ...choice };
  const values = { ...shared.variables, ...own.variables, ...variables };
  const written = substitute(merged, new Map(Object.entries(values)));
  const { baseDir } = file.source;
  const { memory = 512, cpus = 1, cmdline = '', disks = [], timeout = '2m', silence = '60s', mayFail = [] } = written;
  const publish = (written.publish ?? []).map(toPublish);
  const ports = publish.map(({ guest }) => guest);
  const places = items(child(node, 'steps'));
  return {
    name: label === '' ? written.name : `${written.name} [${label}]`,
    at: file.locate(child(node, 'name') ?? node),
    baseDir,
    image: toImage(written, baseDir),
    machine: { memoryMiB: parseSize(String(memory), 'M', 'memory'), cpus, cmdline, disks, publish },
    timeoutMs: timeMs(timeout),
    silenceMs: timeMs(silence),
    mayFail,
    steps: written.steps.flatMap((step, index) => readStep(file, places[index] ?? node, step, ports)),
  };
}

/** Variables may have made nonsense of a pattern. */
function readStep(
  file: LoadedFile,
  node: Tree,
  written: WrittenTest['steps'][number],
  ports: readonly number[],
): readonly Step[] {
  try {
    return [toStep(written, file.locate(node), ports, file.source.baseDir)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `with its variables this is not a regular expression: ${error.message}`;
    file.report(node, { code: 'invalid-value', message });
    return [];
  }
}

function toImage({ image = '', kernel, arch }: WrittenSettings, baseDir: string): TestImage {
  const files = [image].flat();
  const [first = ''] = files;
  if (files.length === 1 && !/\.ya?ml$/.test(first)) {
    return { kind: 'built', prefix: path.resolve(baseDir, first), arch };
  }
  return { kind: 'build', files: files.map((each) => path.resolve(baseDir, each)), kernel, arch };
}

function toPublish(written: number | string): PublishRequest {
  if (typeof written === 'number') return { guest: written, written: undefined };
  return { guest: Number(/:(\d+)(?:\/\w+)?$/.exec(written)?.[1]), written };
}
