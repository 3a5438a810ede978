/**
 * `.dockerignore`, with the meaning that Docker gives it (moby/patternmatcher): Go's `filepath.Match` and `**`; the
 * last pattern that matches a path, or a folder above it, decides; `!` takes back what an earlier one left out.
 */
export interface IgnorePattern {
  /** True for `!pattern`. */
  readonly keeps: boolean;
  readonly expression: RegExp;
}

/** In a context's folder. */
export const ignoreFileName = '.dockerignore';

/**
 * @param text the file; lines that begin with `#` are comments
 * @throws {SyntaxError} for a pattern that is none, such as one with a `[` that nothing closes
 */
export function parseIgnoreFile(text: string): readonly IgnorePattern[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .flatMap(parsePattern);
}

function parsePattern(line: string): readonly IgnorePattern[] {
  const keeps = line.startsWith('!');
  const pattern = clean(keeps ? line.slice(1).trim() : line);
  return pattern === '' ? [] : [{ keeps, expression: toExpression(pattern, line) }];
}

/** As Go's `filepath.Clean`; then without the slash in front, since all patterns begin at the context's root. */
function clean(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0) parts.pop();
    else if (part !== '..' || !pattern.startsWith('/')) parts.push(part);
  }
  return parts.length === 0 ? (pattern === '' ? '' : '.') : parts.join('/');
}

function toExpression(pattern: string, line: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*' && pattern[at + 1] === '*') {
      at++;
      if (pattern[at + 1] === '/') at++;
      // At the end it is all that is below; elsewhere any number of folders.
      source += at + 1 >= pattern.length ? '.*' : '(.*/)?';
    } else if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const [, negated = '', characters = ''] = /^\[(\^?)((?:\\.|[^\]\\])+)\]/u.exec(pattern.slice(at)) ?? [];
      if (characters === '') throw new SyntaxError(`"${line}" is no pattern: nothing closes its "["`);
      source += `[${negated}${characters.replaceAll('[', '\\[').replaceAll(/\\?\^/g, '\\^')}]`;
      at += 1 + negated.length + characters.length;
    } else if (character === '\\') {
      at++;
      if (at >= pattern.length) throw new SyntaxError(`"${line}" is no pattern: it ends with "\\"`);
      source += literal(pattern[at] ?? '');
    } else source += literal(character);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (cause) {
    throw new SyntaxError(`"${line}" is no pattern`, { cause });
  }
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
}

/** Whether a path of the context, relative and with `/`, is left out. */
export function isIgnored(patterns: readonly IgnorePattern[], path: string): boolean {
  const candidates = path.split('/').map((_, index, parts) => parts.slice(0, parts.length - index).join('/'));
  let ignored = false;
  for (const { keeps, expression } of patterns) {
    if (keeps === ignored && candidates.some((candidate) => expression.test(candidate))) ignored = !keeps;
  }
  return ignored;
}

/** Whether something below a folder that is left out may still be kept. */
export function mayKeepBelow(patterns: readonly IgnorePattern[]): boolean {
  return patterns.some(({ keeps }) => keeps);
}
