import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { formatLocation, isErrno, type Location } from '../errors/index.ts';
import { PackageError, type PackageErrorCode } from './error.ts';
import { type SchemaName, violationsOf } from './schema.ts';

/** A parsed YAML file, and where in it each value stands. */
export interface YamlFile<T> {
  readonly value: T;
  /** The place of the value at a path of keys and indices. */
  readonly locate: (...path: readonly (string | number)[]) => Location;
}

interface Problem {
  readonly offset: number;
  readonly message: string;
}

/** As `parseYaml`, from disk; `undefined` where there is no such file. */
export async function readYaml<T>(file: string, schema: SchemaName): Promise<YamlFile<T> | undefined> {
  try {
    return await parseYaml<T>(file, await readFile(file, 'utf8'), schema);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Parses a YAML text and checks it against one of lkit's JSON schemas.
 *
 * @throws {PackageError} `bad-yaml`, `invalid-key`: all that is wrong, in the order of the file, at the first place
 */
export async function parseYaml<T>(file: string, text: string, schema: SchemaName): Promise<YamlFile<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => ({ offset: pos[0], message }));
    throw problemsError('bad-yaml', problems, at);
  }
  const value: unknown = document.toJS() ?? {};
  const violations = await violationsOf(value, schema);
  if (violations.length > 0) {
    const problems = violations.map(({ path, onKey, message }) => ({
      offset: offsetOf(document, path, onKey),
      message,
    }));
    throw problemsError('invalid-key', problems, at);
  }
  return { value: value as T, locate: (...path) => at(offsetOf(document, path, false)) };
}

function problemsError(
  code: PackageErrorCode,
  problems: readonly Problem[],
  at: (offset: number) => Location,
): PackageError {
  const [first, ...others] = [...problems].sort((a, b) => a.offset - b.offset);
  const more = others.map(({ offset, message }) => `\n  ${formatLocation(at(offset))}: ${message}`).join('');
  const location = at(first?.offset ?? 0);
  return new PackageError(code, `${first?.message ?? 'is invalid'}${more}`, { kind: 'input', at: location });
}

/** Where the value (or its key) starts; of the nearest enclosing one that exists. */
function offsetOf(document: Document, path: readonly (string | number)[], onKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (onKey && isMap(parent)) {
      const key = parent.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key;
      if (isNode(key) && key.range) return key.range[0];
    }
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
