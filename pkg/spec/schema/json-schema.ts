/** The part of JSON Schema (draft-07) that lkit's schemas are made of. */
export interface JsonSchema {
  readonly $ref?: string;
  /** What an object is called in messages: `service`, `file`. */
  readonly title?: string;
  readonly description?: string;
  readonly type?: TypeName | readonly TypeName[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  /** What the pattern asks for, in words: `octal permissions such as "0644"`. Editors know this keyword as well. */
  readonly patternErrorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false | JsonSchema;
  readonly required?: readonly string[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

export type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

type Extras = Omit<JsonSchema, 'type' | 'description'>;

export function text(description: string, extras: Extras = {}): JsonSchema {
  return { description, type: 'string', ...extras };
}

export function choice(description: string, words: readonly string[], extras: Extras = {}): JsonSchema {
  return { description, type: 'string', enum: words, examples: words.slice(0, 1), ...extras };
}

export function flag(description: string, extras: Extras = {}): JsonSchema {
  return { description, type: 'boolean', default: false, examples: [true], ...extras };
}

/** Bounded by what a JavaScript number holds exactly. */
export function integer(description: string, extras: Extras = {}): JsonSchema {
  return {
    description,
    type: 'integer',
    minimum: Number.MIN_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
    ...extras,
  };
}

/** As `integer`, from 0 on. */
export function natural(description: string, extras: Extras = {}): JsonSchema {
  return integer(description, { minimum: 0, ...extras });
}

export function texts(
  description: string,
  extras: Extras & { readonly item?: Omit<JsonSchema, 'type'> } = {},
): JsonSchema {
  const { item, ...others } = extras;
  return { description, type: 'array', items: { type: 'string', ...item }, ...others };
}

export function list(description: string, items: JsonSchema, extras: Extras = {}): JsonSchema {
  return { description, type: 'array', items, ...extras };
}

export function mapOfTexts(description: string, extras: Extras = {}): JsonSchema {
  return { description, type: 'object', additionalProperties: { type: 'string' }, ...extras };
}

export function record(
  title: string,
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  extras: Extras & Pick<JsonSchema, 'type'> = {},
): JsonSchema {
  return { title, description, type: 'object', properties, additionalProperties: false, ...extras };
}

export function definition(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}
