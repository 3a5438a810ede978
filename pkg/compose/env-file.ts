import { interpolate } from './interpolate.ts';

/** Names and values in order; a name without `=` has no value of its own. */
export type EnvLines = readonly (readonly [name: string, value: string | undefined])[];

/**
 * Reads an environment file (Compose specification, 05-services.md, "Env_file format"): `NAME=value` lines, with
 * comments, `export`, and single quotes (as written) or double quotes (with escapes). Unless the format is `raw`, values
 * are interpolated, also with what stands above them.
 */
export function parseEnvFile(text: string, variables: Readonly<Record<string, string>>, raw = false): EnvLines {
  const result: [string, string | undefined][] = [];
  const known: Record<string, string> = { ...variables };
  // A quoted value may span lines.
  const lines = /^[ \t]*(?:export[ \t]+)?([^\s=#:]+)[ \t]*(?:[=:][ \t]*('[^']*'|"(?:\\.|[^"\\])*"|[^\n]*))?/gm;
  for (const [, name = '', written] of text.replaceAll('\r\n', '\n').matchAll(lines)) {
    const value = written === undefined || raw ? written : valueOf(written, known);
    if (value !== undefined) known[name] = value;
    result.push([name, value]);
  }
  return result;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function valueOf(written: string, variables: Readonly<Record<string, string>>): string {
  const expand = (text: string): string => interpolate(text, variables, () => undefined);
  if (written.startsWith("'")) return written.slice(1, -1);
  if (written.startsWith('"')) {
    return expand(written.slice(1, -1).replaceAll(/\\(.)/g, (_, character: string) => escapes[character] ?? character));
  }
  return expand(written.replace(/(^|[ \t])#.*$/, '').trim());
}
