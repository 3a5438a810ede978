import { Ajv } from 'ajv';
import standaloneModule from 'ajv/dist/standalone/index.js';
import { systemSchema } from './documents.ts';
import type { JsonSchema } from './json-schema.ts';

/** The validators of systems: `validateSystem` and `validateLabel`. */
export function systemValidators(): string {
  return validatorsSource(systemSchema, {
    validateSystem: systemSchema.$id,
    validateLabel: `${systemSchema.$id}#/definitions/runtimeKeys`,
  });
}

/**
 * The source text of a module that exports validators, each by its name and what of the schema it checks. They are
 * compiled ahead of time by ajv: loading ajv and compiling the schemas would take longer than everything else that lkit
 * does to check a file.
 */
export function validatorsSource(schema: JsonSchema, validators: Readonly<Record<string, string>>): string {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    inlineRefs: false,
    code: { source: true, esm: true, lines: true, optimize: 2 },
    messages: false,
    schemas: [withoutProse(schema)],
    keywords: ['patternErrorMessage'],
  });
  const code = standaloneModule.default(ajv, { ...validators });
  const head = '// Made by "npm run generate".\n/* eslint-disable */\n// @ts-nocheck\n';
  return head + code;
}

/** What only people read does not have to be loaded with every start. */
function withoutProse<Schema extends JsonSchema>(schema: Schema): Schema {
  const prose = new Set(['description', 'examples', 'default']);
  const strip = (value: unknown, isNames: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown) => strip(item, false));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => isNames || !prose.has(key));
    return Object.fromEntries(
      entries.map(([key, item]) => [key, strip(item, !isNames && (key === 'properties' || key === 'definitions'))]),
    );
  };
  return strip(schema, false) as Schema;
}
