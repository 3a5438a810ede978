import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { format } from 'prettier';
import { parse as parseYaml } from 'yaml';
import { artifacts } from '../../../pkg/spec/schema/artifacts.ts';
import { labelSchema, systemSchema } from '../../../pkg/spec/schema/documents.ts';
import type { JsonSchema } from '../../../pkg/spec/schema/json-schema.ts';
import { everyKey } from './every-key.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Every key of the schema, as a JSON pointer to its own schema, and that schema. */
function* keysOf(schema: JsonSchema, at = '#'): Generator<readonly [string, JsonSchema]> {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    yield [`${at}/properties/${key}`, value];
    yield* keysOf(value, `${at}/properties/${key}`);
  }
  if (schema.items) yield* keysOf(schema.items, `${at}/items`);
  for (const [name, value] of Object.entries(schema.definitions ?? {}))
    yield* keysOf(value, `${at}/definitions/${name}`);
}

/** The names of all keys of a value, at any depth. */
function* namesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    yield key;
    yield* namesIn(item);
  }
}

const keys = [...keysOf(systemSchema)];

/** The schema itself, or what it refers to: `#/definitions/NAME`, or a key of one. */
function resolved(schema: JsonSchema): JsonSchema {
  const [name = '', , key = ''] = schema.$ref?.replace('#/definitions/', '').split('/') ?? [];
  if (name === '') return schema;
  const definition = systemSchema.definitions?.[name] ?? {};
  return key === '' ? definition : resolved(definition.properties?.[key] ?? {});
}

describe('the schema', () => {
  it('describes every key and shows an example', () => {
    for (const [name, key] of keys) {
      const { description, examples } = resolved(key);
      assert.match(description ?? '', /^[A-Z].*\.$/s, `${name} needs a description`);
      assert.ok(examples !== undefined && examples.length > 0, `${name} needs an example`);
    }
  });

  it('shows examples and defaults that are valid', () => {
    const ajv = new Ajv({ allowUnionTypes: true, keywords: ['patternErrorMessage'], schemas: [systemSchema] });
    for (const [name, schema] of keys) {
      const values = [...(schema.examples ?? []), ...(schema.default === undefined ? [] : [schema.default])];
      if (values.length === 0) continue;
      const check = ajv.compile({ $ref: `${systemSchema.$id}${name}` });
      for (const value of values)
        assert.ok(check(value), `${name}: ${JSON.stringify(value)}: ${ajv.errorsText(check.errors)}`);
    }
  });

  it('allows no other keys in any object but an I2C device, whose model has keys of its own', () => {
    const objects = [
      ...Object.values(systemSchema.definitions ?? {}),
      ...keys.map(([, schema]) => schema.items ?? schema),
    ];
    for (const { properties, additionalProperties, title } of objects) {
      if (properties && title !== 'I2C device') assert.equal(additionalProperties, false, title);
    }
  });

  it('has no key that the tests do not use', () => {
    const used = new Set(namesIn(parseYaml(everyKey)));
    const unused = keys.map(([name]) => name).filter((name) => !used.has(name.slice(name.lastIndexOf('/') + 1)));
    assert.deepEqual(unused, []);
  });

  it('is a valid schema of draft-07, as editors need it', () => {
    for (const schema of [systemSchema, labelSchema]) {
      const ajv = new Ajv({ allowUnionTypes: true, keywords: ['patternErrorMessage'] });
      assert.ok(ajv.validateSchema(schema), JSON.stringify(ajv.errors));
      assert.ok(ajv.compile(schema));
    }
  });

  it('validates labels with the definitions of the YAML', () => {
    assert.equal(labelSchema.properties, systemSchema.definitions?.['runtimeKeys']?.properties);
  });

  it('is what the files made from it say ("npm run generate" makes them)', async function () {
    this.timeout(20_000);
    for (const [file, text] of artifacts()) {
      const expected = file.endsWith('.json') ? await format(text, { parser: 'json', printWidth: 120 }) : text;
      assert.ok(readFileSync(path.join(root, file), 'utf8') === expected, `${file} is stale`);
    }
  });
});
