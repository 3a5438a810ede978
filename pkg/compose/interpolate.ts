/** Why a text cannot be interpolated, or what a person should know about the result. */
export interface InterpolationProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

type Variables = Readonly<Record<string, string>>;

/**
 * Replaces `$NAME`, `${NAME}` and the forms with `:-`, `-`, `:?`, `?`, `:+`, `+` in a value (Compose specification,
 * 12-interpolation.md). `$$` is a dollar sign.
 */
export function interpolate(
  text: string,
  variables: Variables,
  report: (problem: InterpolationProblem) => void,
): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const { value, end } = expand(text, dollar, variables, report);
    result += value;
    at = end;
  }
  return result;
}

interface Expansion {
  readonly value: string;
  readonly end: number;
}

function expand(
  text: string,
  dollar: number,
  variables: Variables,
  report: (problem: InterpolationProblem) => void,
): Expansion {
  const next = text[dollar + 1];
  if (next === '$') return { value: '$', end: dollar + 2 };
  if (next === '{') {
    const close = closingBrace(text, dollar + 2);
    if (close === undefined) {
      report({ severity: 'error', message: `"\${" is never closed in ${JSON.stringify(text)}` });
      return { value: '', end: text.length };
    }
    return { value: braced(text.slice(dollar + 2, close), variables, report), end: close + 1 };
  }
  const name = /^[A-Za-z_]\w*/.exec(text.slice(dollar + 1))?.[0];
  if (name === undefined) return { value: '$', end: dollar + 1 };
  return { value: required(name, variables, report), end: dollar + 1 + name.length };
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return undefined;
}

function braced(inside: string, variables: Variables, report: (problem: InterpolationProblem) => void): string {
  const match = /^([A-Za-z_]\w*)(?:(:?[-?+])(.*))?$/s.exec(inside);
  if (match === null) {
    report({ severity: 'error', message: `"\${${inside}}" names no variable` });
    return '';
  }
  const [, name = '', operator = '', argument = ''] = match;
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  // With a colon, an empty variable counts as one that is not set.
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  switch (operator.slice(-1)) {
    case '-':
      return isSet ? value : interpolate(argument, variables, report);
    case '+':
      return isSet ? interpolate(argument, variables, report) : '';
    case '?':
      if (!isSet)
        report({ severity: 'error', message: `the variable ${name} is not set: ${argument || 'it is required'}` });
      return value ?? '';
    default:
      return required(name, variables, report);
  }
}

function required(name: string, variables: Variables, report: (problem: InterpolationProblem) => void): string {
  if (Object.hasOwn(variables, name)) return variables[name] ?? '';
  report({ severity: 'warning', message: `the variable ${name} is not set, and counts as empty` });
  return '';
}
