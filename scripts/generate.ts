// Writes what is made from pkg/spec/schema: JSON schemas, validators and the YAML reference. "npm run generate".
// With a path it writes that file alone: compiling needs the validators, which are not kept in git.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { artifacts } from '../pkg/spec/schema/artifacts.ts';

const root = path.resolve(import.meta.dirname, '..');
const [only] = process.argv.slice(2);
for (const [file, text] of artifacts()) {
  if (only !== undefined && file !== only) continue;
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const isJson = file.endsWith('.json');
  writeFileSync(target, isJson ? await format(text, { parser: 'json', printWidth: 120 }) : text);
  console.log(file);
}
