/** One way to log in that a server offers (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const quoted = /"((?:[^"\\]|\\[^])*)"/y;
const blanks = /[ \t]*/y;
const separators = /[ \t,]*/y;

/**
 * Reads WWW-Authenticate headers, of which there may be several with several challenges each:
 *
 *     Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push", Basic realm=x
 *
 * A comma separates parameters as well as challenges: a name followed by `=` is a parameter, any other a scheme. What
 * cannot be read ends its header; what came before counts.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap(parseHeader);
}

function parseHeader(header: string): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  const scanner = new Scanner(header);
  for (;;) {
    scanner.take(separators);
    const name = scanner.take(token);
    if (name === undefined) return challenges;
    scanner.take(blanks);
    const current = challenges.at(-1);
    if (current !== undefined && scanner.takes('=')) {
      scanner.take(blanks);
      const value = scanner.takeQuoted() ?? scanner.take(token);
      if (value === undefined) return challenges;
      // The first of two wins: what is added to the end of a header is not to be trusted more.
      if (!current.parameters.has(name.toLowerCase())) current.parameters.set(name.toLowerCase(), value);
      continue;
    }
    challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    // `Negotiate YWJj==`: a blob in place of parameters. `realm=x` is none, since something follows its `=`.
    scanner.take(token68);
  }
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const match = form.exec(this.#text);
    if (match === null) return undefined;
    this.#at = form.lastIndex;
    return match[0];
  }

  takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  takeQuoted(): string | undefined {
    return this.take(quoted)
      ?.slice(1, -1)
      .replaceAll(/\\([^])/g, '$1');
  }
}
