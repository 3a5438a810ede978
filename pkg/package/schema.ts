import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { didYouMean } from '../errors/index.ts';
import { installFolder } from '../host/index.ts';

/** The schemas of a package's files, in lkit's folder `schemas`. */
export type SchemaName = 'build' | 'debian';

/** A violation: the keys that lead to the value (or to the key itself, if that is what is wrong) and a sentence. */
export interface Violation {
  readonly path: readonly (string | number)[];
  readonly onKey: boolean;
  readonly message: string;
}

const validators = new Map<SchemaName, Promise<ValidateFunction>>();

/** All violations of a schema, none when the value is valid. */
export async function violationsOf(value: unknown, schema: SchemaName): Promise<readonly Violation[]> {
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, (validator = compile(schema)));
  const validate = await validator;
  if (validate(value)) return [];
  // An `if` only says that its `then` or `else` failed, which is reported by itself.
  return (validate.errors ?? []).filter((error) => error.keyword !== 'if').map((error) => violationOf(error, value));
}

/** Loaded when first needed: an unchanged package is found without it, and ajv takes long to load. */
async function compile(schema: SchemaName): Promise<ValidateFunction> {
  const { Ajv } = (await import('ajv')).default;
  const text = await readFile(
    path.join(installFolder(import.meta.dirname), 'schemas', `${schema}.schema.json`),
    'utf8',
  );
  const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
  return ajv.compile(JSON.parse(text) as object);
}

function violationOf(error: ErrorObject, root: unknown): Violation {
  const at = pathOf(error.instancePath, root);
  const where = at.length === 0 ? 'the file' : `"${nameOf(at)}"`;
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = (error.parentSchema ?? {}) as { readonly properties?: object; readonly description?: string };
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const message = `unknown key "${key}"${didYouMean(key, Object.keys(schema.properties ?? {}))}`;
      return { path: [...at, key], onKey: true, message };
    }
    case 'required':
      return { path: at, onKey: false, message: `the key "${String(params['missingProperty'])}" is missing` };
    case 'type':
      return { path: at, onKey: false, message: `${where} must be ${types(params['type'])}` };
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const message = `${where} must be one of ${allowed.join(', ')}${didYouMean(String(error.data), allowed)}`;
      return { path: at, onKey: false, message };
    }
    case 'pattern': {
      const meaning = schema.description === undefined ? '' : ` (${schema.description.replace(/\.$/, '')})`;
      return { path: at, onKey: false, message: `${where} cannot be "${String(error.data)}"${meaning}` };
    }
    default:
      return { path: at, onKey: false, message: `${where} ${error.message ?? 'is invalid'}` };
  }
}

/** `/files/0/from` → `['files', 0, 'from']` (RFC 6901), an index only where the value there is a list. */
function pathOf(pointer: string, root: unknown): readonly (string | number)[] {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(value) ? Number(key) : key;
      value = (value as Readonly<Record<string | number, unknown>>)[step];
      return step;
    });
}

/** `files[0].from` */
function nameOf(at: readonly (string | number)[]): string {
  return at
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  object: 'a mapping of keys to values',
  string: 'a text',
};

function types(type: unknown): string {
  return [type]
    .flat()
    .map((name) => typeNames[String(name)] ?? String(name))
    .join(' or ');
}
