import { yamlReference } from './docs.ts';
import { labelSchema, systemSchema } from './documents.ts';
import type { JsonSchema } from './json-schema.ts';
import { systemValidators } from './validators.ts';

/** Everything that is made from the schema: the files' paths from the repository's root, and their texts. */
export function artifacts(): ReadonlyMap<string, string> {
  return new Map([
    ['schemas/lkit.schema.json', json(systemSchema)],
    ['schemas/label.schema.json', json(labelSchema)],
    ['pkg/spec/generated/validate.ts', systemValidators()],
    ['docs/yaml.md', yamlReference()],
  ]);
}

function json(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
