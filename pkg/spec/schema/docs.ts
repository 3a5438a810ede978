import { stringify } from 'yaml';
import { labelSchema, systemSchema } from './documents.ts';
import type { JsonSchema } from './json-schema.ts';
import { runtimeKeys } from './runtime-keys.ts';

/** The sections of the page, in order: heading and schema. Objects that several keys hold have a section of their own. */
const sections: readonly (readonly [string, JsonSchema])[] = [
  ['Top level', systemSchema],
  ['kernel', definition('kernel')],
  ['onboot', definition('onboot')],
  ['onshutdown', definition('onshutdown')],
  ['services', definition('service')],
  ['healthcheck', definition('service').properties?.['healthcheck'] ?? {}],
  ['Keys of every container', runtimeKeys],
  ['mounts', definition('mount')],
  ['devices', definition('device')],
  ['uidMappings and gidMappings', definition('idMapping')],
  ['resources', definition('resources')],
  ['runtime', definition('runtime')],
  ['build', definition('build')],
  ['files', definition('file')],
  ['volumes', definition('volume')],
  ['hardware', definition('hardware')],
  ['I2C buses', definition('i2cBus')],
  ['I2C devices', definition('i2cDevice')],
  ['scenarios', definition('scenario')],
  ['trust', definition('trust')],
];

/** The text of `docs/yaml.md`. */
export function yamlReference(): string {
  const parts = sections.map(([heading, schema]) => section(heading, schema));
  return `${introduction}\n${parts.join('\n')}\n${label}`;
}

const introduction = `<!-- Made by "npm run generate" from pkg/spec/schema. -->

# The YAML file

A system is described by one YAML file, or by several that are merged. lkit reads LinuxKit's files as they are; keys
that are lkit's own say so. Every key that is not on this page is an error, with its line and column.

\`\`\`yaml
# yaml-language-server: $schema=../schemas/lkit.schema.json
kernel:
  image: pkg:kernel
  cmdline: console=ttyS0
init: [pkg:init, pkg:runc, pkg:containerd]
services:
  - name: getty
    image: pkg:getty
    env: [INSECURE=true]
\`\`\`

The first line makes editors complete keys and explain them (VS Code needs its YAML extension). It names the schema by a
URL or a path from the file: \`./node_modules/lkit/schemas/lkit.schema.json\` where lkit is a project's dependency;
\`echo $(npm root -g)/lkit/schemas/lkit.schema.json\` tells that of a global installation.

- YAML is version 1.2: \`yes\`, \`no\`, \`on\` and \`off\` are texts; booleans are \`true\` and \`false\`. Anchors, aliases and
  merge keys (\`<<\`) work. Octal permissions are texts: \`mode: "0644"\`.
- **Several files** are merged in order. Lists are concatenated. Each key of a later \`kernel\` replaces the earlier
  one, except for \`modules\`, which is a list like the others. Services and volumes must have different names.
- **Paths** are relative to the file that names them.
- **Containers** take each of their keys from the YAML, else from the label \`org.mobyproject.config\` of their image,
  else from the image's configuration (command, environment and working directory only), else the default. A value
  replaces the one before as a whole, and \`[]\` empties a list; only \`capabilities.add\` and \`binds.add\` append.
`;

const label = `## The label org.mobyproject.config

An image can bring defaults for its containers: a label with a YAML or JSON mapping of the
[keys of every container](#keys-of-every-container). Its schema is \`schemas/${labelSchema.$id}\`.
`;

function definition(name: string): JsonSchema {
  return systemSchema.definitions?.[name] ?? {};
}

function section(heading: string, schema: JsonSchema): string {
  const lines = [`## ${heading}`, '', schema.description ?? '', ''];
  const own = Object.entries(schema.properties ?? {}).filter(
    ([, value]) => value.$ref?.includes('runtimeKeys/') !== true,
  );
  lines.push(...table(own, schema.required ?? []));
  if (own.length < Object.keys(schema.properties ?? {}).length) {
    lines.push('', 'And the [keys of every container](#keys-of-every-container).');
  }
  for (const [key, value] of own) lines.push(...nested(heading, key, value));
  return `${lines.join('\n')}\n`;
}

/** Objects that belong to one key only are explained below the key's section, and so are theirs. */
function nested(path: string, key: string, schema: JsonSchema): readonly string[] {
  const inner = schema.items ?? schema;
  if (!inner.properties || headingOf(inner) !== undefined) return [];
  const heading = `${path}: ${key}`;
  const properties = Object.entries(inner.properties);
  return [
    ...['', `### ${heading}`, '', ...table(properties, inner.required ?? [])],
    ...properties.flatMap(([name, value]) => nested(heading, name, value)),
  ];
}

function headingOf(schema: JsonSchema): string | undefined {
  return sections.find(([, each]) => each === schema)?.[0];
}

/** The schema itself, where it is a reference. */
function target(schema: JsonSchema): JsonSchema {
  return schema.$ref === undefined ? schema : definition(schema.$ref.replace('#/definitions/', ''));
}

function table(entries: readonly (readonly [string, JsonSchema])[], required: readonly string[]): readonly string[] {
  return [
    '| Key | Type | Meaning | Example |',
    '|---|---|---|---|',
    ...entries.map(([key, schema]) => row(key, schema, required.includes(key))),
  ];
}

function row(key: string, written: JsonSchema, isRequired: boolean): string {
  const schema = target(written);
  const meaning = [schema.description, isRequired ? 'Required.' : defaultOf(schema)].filter(
    (part) => part !== undefined,
  );
  const example = schema.examples?.[0];
  const shown = example === undefined ? '' : `\`${key}: ${flow(example)}\``;
  return `| \`${key}\` | ${typeOf(schema)} | ${cell(meaning.join(' '))} | ${cell(shown)} |`;
}

function defaultOf({ default: value, description = '' }: JsonSchema): string | undefined {
  const isSaid = value === undefined || description.includes('efault');
  return isSaid || value === '' || (typeof value === 'object' && value !== null)
    ? undefined
    : `Default: \`${flow(value)}\`.`;
}

/** A value as YAML on one line. */
function flow(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    flowCollectionPadding: false,
    blockQuote: false,
  }).trimEnd();
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const typeNames = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  array: 'list',
  object: 'mapping',
} as const;

function typeOf(schema: JsonSchema): string {
  const { type, enum: words, items, additionalProperties } = schema;
  if (words) return words.map((word) => `\`${word}\``).join(', ');
  if (items) return `list of ${itemsOf(target(items))}`;
  if (typeof additionalProperties === 'object' && !schema.properties) return mappingOf(additionalProperties);
  const types = type === undefined ? [] : typeof type === 'string' ? [type] : type;
  return types.map((each) => (each === 'object' ? linked('mapping', schema) : typeNames[each])).join(' or ');
}

function mappingOf({ type }: JsonSchema): string {
  return type === 'string' ? 'mapping of texts' : 'mapping';
}

function itemsOf(schema: JsonSchema): string {
  if (schema.type === 'object') return linked('mappings', schema);
  if (schema.type?.includes('object') === true) return `${linked('mappings', schema)} or texts`;
  return schema.type === 'string' ? 'texts' : 'numbers or texts';
}

function linked(word: string, schema: JsonSchema): string {
  const heading = headingOf(schema);
  return heading === undefined ? word : `[${word}](#${heading.toLowerCase().replaceAll(' ', '-')})`;
}
