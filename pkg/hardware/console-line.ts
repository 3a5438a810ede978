import { parsePattern } from '../spec/index.ts';

/** What the guest's `grep` looks for in what is printed. */
export interface ConsoleLine {
  /** `-F` for a text; `-E` for an extended regular expression of POSIX, `-Ei` without regard to capitals. */
  readonly option: '-F' | '-E' | '-Ei';
  readonly pattern: string;
}

/** JavaScript's classes of characters as ranges in brackets; POSIX has them elsewhere only as GNU's extension. */
const classes: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: ' \t\r\f\v' };
const controls: Readonly<Record<string, string>> = { t: '\t', r: '\r', f: '\f', v: '\v' };

/** In JavaScript's syntax: an escape, brackets, an opening parenthesis with what follows, a quantifier, anything else. */
const token = /\\(?<escape>.)|\[(?<not>\^?)(?<set>(?:\\.|[^\]\\])*)\]|\((?<group>\?[:=!<]?)?|[*+?}](?<lazy>\??)|./gsu;

/**
 * A text, or a regular expression between slashes as in test files, in the form that a guest's `grep` takes.
 *
 * @throws {SyntaxError} for what is not a regular expression, or one that POSIX cannot say
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap09.html#tag_09_04
 */
export function parseConsoleLine(text: string): ConsoleLine {
  const expression = parsePattern(text);
  if (!expression) return { option: '-F', pattern: text };
  const { source, flags } = expression;
  if (/[ms]/.test(flags)) throw new SyntaxError('the flags m and s mean nothing for a single line');
  return { option: flags.includes('i') ? '-Ei' : '-E', pattern: toPosix(source) };
}

function toPosix(source: string): string {
  return source.replaceAll(token, (found, ...rest) => {
    const { escape, not, set, group, lazy } = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    if (escape !== undefined) return escaped(escape);
    if (set !== undefined) return brackets(set, not === '^');
    if (group !== undefined && group !== '?:') throw unknown(found);
    if (lazy === '?') throw unknown(found);
    return group === undefined ? found : '(';
  });
}

function escaped(character: string): string {
  const [set, control] = [classes[character.toLowerCase()], controls[character]];
  if (set !== undefined) return /[A-Z]/.test(character) ? `[^${set}]` : `[${set}]`;
  if (control !== undefined) return control;
  if (/[bB]/.test(character)) return `\\${character}`;
  if (/[a-z0-9]/i.test(character)) throw unknown(`\\${character}`);
  // POSIX knows only its own special characters escaped.
  return /[.[\\()*+?{|^$]/.test(character) ? `\\${character}` : character;
}

/** In POSIX' brackets `\` is itself, `]` stands first, `^` does not, and a `-` that makes no range stands last. */
function brackets(written: string, isNegated: boolean): string {
  const parts = [...written.matchAll(/\\(.)|./gsu)];
  const isEdge = (index: number): boolean => parts[index] === undefined || classes[parts[index][1] ?? ''] !== undefined;
  let [first, middle, last] = ['', '', ''];
  for (const [index, [found, escape]] of parts.entries()) {
    const set = classes[escape ?? ''] ?? controls[escape ?? ''];
    const character = escape ?? found;
    if (set !== undefined) middle += set;
    else if (escape !== undefined && /[a-z0-9]/i.test(escape)) throw unknown(found);
    else if (character > '~') throw new SyntaxError(`"${character}" cannot stand in brackets in the guest`);
    else if (character === ']') first = ']';
    else if (character === '^') last = `^${last}`;
    else if (character === '-' && (escape === '-' || isEdge(index - 1) || isEdge(index + 1))) last += '-';
    else middle += character;
  }
  const set = `${first}${middle}${last}`;
  if (set === '') throw unknown(`[${isNegated ? '^' : ''}]`);
  // A "^" alone would negate.
  return set === '^' && !isNegated ? '\\^' : `[${isNegated ? '^' : ''}${set}]`;
}

function unknown(found: string): SyntaxError {
  return new SyntaxError(`the guest's grep does not know "${found}"`);
}
