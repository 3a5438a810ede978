/**
 * Takes values out of JSON that somebody else wrote. Every method names the place of what is wrong, as in
 * `layers[2].size`; `null` counts as absent, since Docker writes it for everything that is not set.
 */
export class UntrustedJson {
  readonly #value: unknown;
  readonly #place: string;
  readonly #fail: (message: string) => Error;

  constructor(value: unknown, fail: (message: string) => Error, place = '') {
    this.#value = value;
    this.#place = place;
    this.#fail = fail;
  }

  static parse(bytes: Uint8Array, fail: (message: string) => Error): UntrustedJson {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw fail(`is no JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    return new UntrustedJson(value, fail);
  }

  error(expected: string): Error {
    const place = this.#place === '' ? 'it' : `"${this.#place}"`;
    return this.#fail(`${place} should be ${expected}`);
  }

  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  optional<T>(read: (json: UntrustedJson) => T): T | undefined {
    return this.isAbsent ? undefined : read(this);
  }

  get(key: string): UntrustedJson {
    const object = this.#object();
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return new UntrustedJson(value, this.#fail, this.#place === '' ? key : `${this.#place}.${key}`);
  }

  string(): string {
    if (typeof this.#value !== 'string') throw this.error('a string');
    return this.#value;
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.error('true or false');
    return this.#value;
  }

  /** A size in bytes. */
  size(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.error('a number of bytes');
    return value;
  }

  list(): readonly UntrustedJson[] {
    if (!Array.isArray(this.#value)) throw this.error('a list');
    return this.#value.map((each, index) => new UntrustedJson(each, this.#fail, `${this.#place}[${index}]`));
  }

  strings(): readonly string[] {
    return this.list().map((each) => each.string());
  }

  entries(): readonly (readonly [string, UntrustedJson])[] {
    return Object.keys(this.#object()).map((key) => [key, this.get(key)]);
  }

  stringRecord(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.entries().map(([key, value]) => [key, value.string()]));
  }

  #object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.error('an object');
    return value as Record<string, unknown>;
  }
}

/** The object without the keys whose value is `undefined`. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
