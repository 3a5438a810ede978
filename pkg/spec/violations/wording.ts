import { type Problem, suggest } from '../problem.ts';
import { alternatives, quoted } from '../quote.ts';
import type { JsonSchema, TypeName } from '../schema/json-schema.ts';
import { octalMode } from '../schema/patterns.ts';
import type { Violation } from './report.ts';
import type { MappingNode, ScalarNode, Tree } from '../yaml/tree.ts';

/** A value of the wrong kind: what it must be, what it is, and how to write what was probably meant. */
export function typeProblem({ schema, node, path }: Violation): Problem {
  const expected = expectedOf(schema);
  if (path.length === 0) return rootProblem(schema, node);
  const name = nameOf(path);
  const types = typesOf(schema);
  if (node.kind === 'scalar' && node.value === null) {
    const written = node.plain === '' ? 'has no value' : `cannot be ${node.plain ?? 'null'}`;
    const hint = types.includes('array') ? 'Remove the key, or write [] for an empty list.' : undefined;
    return {
      code: 'wrong-type',
      message: `${name} ${written}; it must be ${expected}`,
      expected,
      found: 'nothing',
      ...(hint !== undefined && { hint }),
    };
  }
  const found = foundOf(node);
  const hint = listHint(node, types, path.at(-1), schema.items) ?? textHint(node, types);
  const fix = node.kind === 'scalar' ? correction(node, types, schema, path.at(-1)) : undefined;
  const message = `${name} must be ${expected}, not ${found}${fix === undefined ? '' : `: ${fix}`}`;
  return { code: 'wrong-type', message, expected, found, ...(hint !== undefined && { hint }) };
}

function rootProblem({ title }: JsonSchema, node: Tree): Problem {
  const isLabel = title === 'label';
  const found = foundOf(node);
  const message = `the ${isLabel ? 'label' : 'file'} must be a mapping, not ${found}`;
  const hint = 'A file begins with keys such as "kernel:" and "services:".';
  return { code: 'wrong-type', message, expected: 'a mapping', found, ...(title === 'system' && { hint }) };
}

const namedLists: readonly unknown[] = ['onboot', 'onshutdown', 'services', 'volumes'];

/** As docker compose has its services: each below its name. */
function isByName({ entries }: MappingNode): boolean {
  return [...entries.values()].every(
    ({ value }) => value.kind === 'mapping' || (value.kind === 'scalar' && value.value === null),
  );
}

/** A mapping where a list is wanted is one whose items have lost their "- ", or its space. */
function listHint(
  node: Tree,
  types: readonly TypeName[],
  key: string | number | undefined,
  item: JsonSchema = {},
): string | undefined {
  if (node.kind !== 'mapping' || !types.includes('array')) return undefined;
  const [first = ''] = node.entries.keys();
  if (first.startsWith('-')) return 'A space is missing after "-".';
  if (first !== '' && isByName(node) && namedLists.includes(key)) {
    return `Each item begins with "- name: ${first}", and its keys follow below.`;
  }
  if (first === 'add' && (key === 'capabilities' || key === 'binds')) return `To add to it, write "${key}.add: [...]".`;
  const what = item.patternErrorMessage;
  return what === undefined ? 'Begin each item of the list with "- ".' : `Each item begins with "- " and is ${what}.`;
}

/** A mapping where a text is wanted is one with ": " in it, or in braces. */
function textHint(node: Tree, types: readonly TypeName[]): string | undefined {
  if (node.kind !== 'mapping' || !types.includes('string')) return undefined;
  if (node.entries.size > 1) return undefined;
  return `A text that ${node.entries.size === 1 ? 'has ": " in it' : 'begins with "{"'} needs quotes.`;
}

/** How to write the scalar so that it is of the type. */
function correction(
  node: ScalarNode,
  types: readonly TypeName[],
  schema: JsonSchema,
  key: string | number | undefined,
): string | undefined {
  const { value, plain } = node;
  const isNumber = types.includes('integer') || types.includes('number');
  if (types.includes('string') && !isNumber && plain !== undefined && typeof value !== 'string') {
    const written = schema.pattern === octalMode.pattern ? plain.replace(/^0o/, '0') : plain;
    const isEnough = new RegExp(schema.pattern ?? '', 'u').test(written) && (schema.enum?.includes(written) ?? true);
    return isEnough ? `write ${quoted(written)} in quotes` : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (types.includes('boolean')) return booleanCorrection(value);
  if (types.includes('integer') && /^([-+]?[0-9][0-9_]*|0x[\da-f]+)$/i.test(value)) {
    return `write ${value.replaceAll('_', '')}${plain === undefined ? ' without quotes' : ''}`;
  }
  const size = types.includes('integer') ? /^(\d{1,6})([kmgt])(?:i?b)?$/i.exec(value) : null;
  if (size) return `write ${Number(size[1]) * 1024 ** ('kmgt'.indexOf(size[2]?.toLowerCase() ?? '') + 1)}`;
  if (types.includes('array') && !isNumber && /^[\w ./:=-]{1,40}$/.test(value)) {
    const words = key === 'command' ? value.split(' ').filter((word) => word !== '') : [value];
    return `write [${words.map((word) => `"${word}"`).join(', ')}]`;
  }
  const glued = types.includes('object') ? /^[\w.]+:(?=\S)/.exec(plain ?? '') : null;
  return glued ? `a space is missing after ${quoted(glued[0])}` : undefined;
}

function booleanCorrection(value: string): string | undefined {
  const word = value.toLowerCase();
  if (word === 'true' || word === 'false') return `write ${word} without quotes`;
  if (['yes', 'on', 'y', '1'].includes(word)) return 'write true';
  return ['no', 'off', 'n', '0'].includes(word) ? 'write false' : undefined;
}

export function enumProblem({ schema, node, path }: Violation): Problem {
  const words = schema.enum ?? [];
  const written = node.kind === 'scalar' ? String(node.value) : '';
  const near = suggest(written, written.length > 1 ? words : []);
  const expected = expectedOf(schema);
  return {
    code: 'invalid-value',
    message: `${nameOf(path)} must be ${expected}, not ${quoted(written)}${near.text}`,
    expected,
    found: quoted(written),
    ...(near.suggestions && { suggestions: near.suggestions }),
  };
}

export function patternProblem({ schema, node, path }: Violation): Problem {
  const written = node.kind === 'scalar' ? String(node.value) : '';
  const expected = expectedOf(schema);
  const isEmpty = written.trim() === '';
  const message = `${nameOf(path)} ${isEmpty ? 'must not be empty' : `must be ${expected}, not ${quoted(written)}`}`;
  return { code: 'invalid-value', message, expected, found: quoted(written) };
}

/** Numbers out of range, lists that are too short. */
export function rangeProblem({ keyword, schema, node, path }: Violation): Problem {
  if (keyword === 'minItems') {
    return {
      code: 'invalid-value',
      message: `${nameOf(path)} must not be empty`,
      expected: 'at least one item',
      found: 'an empty list',
    };
  }
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
  const isOpen = maximum === Number.MAX_SAFE_INTEGER;
  const expected =
    minimum === Number.MIN_SAFE_INTEGER || (isOpen && keyword === 'maximum')
      ? `a number from ${minimum} to ${maximum}`
      : isOpen
        ? `${minimum} or more`
        : `a number from ${minimum} to ${maximum}`;
  const found = node.kind === 'scalar' ? (node.plain ?? String(node.value)) : '';
  return { code: 'invalid-value', message: `${nameOf(path)} must be ${expected}, not ${found}`, expected, found };
}

const typeNames: Readonly<Record<TypeName, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  string: 'a text',
};

function typesOf({ type = [] }: JsonSchema): readonly TypeName[] {
  return typeof type === 'string' ? [type] : type;
}

function expectedOf(schema: JsonSchema): string {
  if (schema.enum) return alternatives(schema.enum.map((word) => `"${word}"`));
  return schema.patternErrorMessage ?? alternatives(typesOf(schema).map((type) => typeNames[type]));
}

/** `the text "yes"`, `the number 0644`, `a list` */
export function foundOf(node: Tree): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  const { value, plain } = node;
  if (typeof value === 'string') return `the text ${quoted(value)}`;
  if (typeof value === 'number') return `the number ${plain ?? value}`;
  return value === null ? 'nothing' : (plain ?? String(value));
}

/** `"mode"`, or for an item of a list `an item of "binds"`. */
export function nameOf(path: readonly (string | number)[]): string {
  const last = path.at(-1);
  if (typeof last === 'string') return quoted(last);
  const list = path.findLast((step) => typeof step === 'string');
  return `an item of ${quoted(list ?? '')}`;
}
