/**
 * `/…/` with flags behind it, or `undefined` for a plain text.
 *
 * @throws {SyntaxError} for what is not a regular expression
 */
export function parsePattern(text: string): RegExp | undefined {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (source === undefined) return undefined;
  const [unknown] = /[^imsu]/.exec(flags ?? '') ?? [];
  if (unknown !== undefined) throw new SyntaxError(`there is no flag "${unknown}"; those that there are: i, m, s, u`);
  return new RegExp(source, flags);
}
