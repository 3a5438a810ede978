import type { ErrorObject } from 'ajv';
import type { LoadedFile, Problem, Span } from '../problem.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { enumProblem, patternProblem, rangeProblem, typeProblem } from './wording.ts';
import { isMisspelt, missingKey, unknownKey } from './keys.ts';
import type { MappingNode, Tree } from '../yaml/tree.ts';

/** One violated keyword of the schema, where it is in the tree. */
export interface Violation {
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly schema: JsonSchema;
  readonly node: Tree;
  /** The keys and indices that lead to the node. */
  readonly path: readonly (string | number)[];
}

/** A validator that ajv generated. */
export interface Validator {
  (data: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}

/** Reports everything in which a file does not follow a schema. */
export function reportViolations(file: LoadedFile, root: Tree, plain: unknown, validate: Validator): void {
  if (validate(plain)) return;
  // A value of the wrong type violates the keywords for the right one as well.
  const errors = [...(validate.errors ?? [])].sort(
    (a, b) => Number(b.keyword === 'type') - Number(a.keyword === 'type'),
  );
  const wrongTypes = new Set<string>();
  for (const error of errors) {
    if (error.keyword === 'type') wrongTypes.add(error.instancePath);
    else if (wrongTypes.has(error.instancePath)) continue;
    reportViolation(file, root, error);
  }
}

function reportViolation(file: LoadedFile, root: Tree, error: ErrorObject): void {
  const { node, path, key } = resolve(root, error.instancePath);
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const violation: Violation = { keyword: error.keyword, params: error.params, schema, node, path };
  // A key without a value has no place of its own but the key's.
  const span = node.kind === 'scalar' && node.value === null && node.plain === '' && key ? key : node;
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params['additionalProperty']);
      const at = (node as MappingNode).entries.get(name)?.key ?? node;
      file.reportLater(at, () => unknownKey(violation, name));
      return;
    }
    case 'required': {
      const missing = String(error.params['missingProperty']);
      const known = Object.keys(schema.properties ?? {});
      if (!isMisspelt(node, missing, known)) file.report(firstLine(file, node), missingKey(violation, missing));
      return;
    }
    default:
      file.reportLater(firstLine(file, span), () => describe(violation));
  }
}

function describe(violation: Violation): Problem {
  switch (violation.keyword) {
    case 'type':
      return typeProblem(violation);
    case 'enum':
      return enumProblem(violation);
    case 'pattern':
      return patternProblem(violation);
    default:
      return rangeProblem(violation);
  }
}

/** The part of a span on its first line: enough to point at. */
function firstLine(file: LoadedFile, { start, end }: Span): Span {
  const length = file.text.slice(start, end).search(/\s*(\n|$)/);
  return { start, end: start + Math.max(length, Math.min(1, end - start)) };
}

interface Resolved {
  readonly node: Tree;
  readonly path: readonly (string | number)[];
  /** Where the node's key is, if it has one. */
  readonly key: Span | undefined;
}

/** Follows a JSON pointer (RFC 6901). */
function resolve(root: Tree, pointer: string): Resolved {
  let node = root;
  let key: Span | undefined;
  const path: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (node.kind === 'list') {
      path.push(Number(name));
      node = node.items[Number(name)] ?? node;
    } else if (node.kind === 'mapping') {
      path.push(name);
      const entry = node.entries.get(name);
      key = entry?.key;
      node = entry?.value ?? node;
    }
  }
  return { node, path, key: typeof path.at(-1) === 'string' ? key : undefined };
}
