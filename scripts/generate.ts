// Writes what is made from schemas: JSON schemas, validators and the YAML reference. "npm run generate".
// With paths it writes those files alone: compiling needs the validators, which are not kept in git.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { artifacts } from '../pkg/spec/schema/artifacts.ts';
import type { JsonSchema } from '../pkg/spec/schema/json-schema.ts';
import { validatorsSource } from '../pkg/spec/schema/validators.ts';

const root = path.resolve(import.meta.dirname, '..');
const testSchema = JSON.parse(readFileSync(path.join(root, 'schemas/test.schema.json'), 'utf8')) as JsonSchema;
const all = new Map([
  ...artifacts(),
  ['pkg/vmtest/generated/validate.ts', validatorsSource(testSchema, { validateTests: 'test.schema.json' })],
]);
const only = process.argv.slice(2);
for (const [file, text] of all) {
  if (only.length > 0 && !only.includes(file)) continue;
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const isJson = file.endsWith('.json');
  writeFileSync(target, isJson ? await format(text, { parser: 'json', printWidth: 120 }) : text);
  console.log(file);
}
