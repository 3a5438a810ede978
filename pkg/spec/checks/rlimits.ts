import { type LoadedFile, suggest } from '../problem.ts';
import { quoted } from '../quote.ts';
import { knownLimits } from '../vocabulary.ts';
import { child, type MappingNode, texts } from '../yaml/tree.ts';

const unlimited = 2n ** 64n - 1n;

export function checkRlimits(file: LoadedFile, container: MappingNode): void {
  const seen = new Set<string>();
  for (const { text, node } of texts(child(container, 'rlimits'))) {
    const name = nameOf(text);
    const problem =
      problemOf(text) ?? (seen.has(name) ? { message: `the limit ${quoted(name)} is set twice` } : undefined);
    seen.add(name);
    if (problem) file.report(node, { code: 'invalid-value', ...problem });
  }
}

interface RlimitProblem {
  readonly message: string;
  readonly hint?: string;
  readonly suggestions?: readonly string[];
}

/** LinuxKit takes the name in any case, with or without its prefix. */
function nameOf(text: string): string {
  return (text.split(',')[0] ?? '')
    .trim()
    .toLowerCase()
    .replace(/^rlimit_/, '');
}

function problemOf(text: string): RlimitProblem | undefined {
  const [written = '', soft, hard, ...rest] = text.split(',').map((part) => part.trim());
  if (soft === undefined || hard === undefined || rest.length > 0) {
    return { message: `a limit is "name,soft,hard", not ${quoted(text)}`, hint: 'Such as "nofile,1024,unlimited".' };
  }
  const name = nameOf(text);
  if (!knownLimits.includes(name)) {
    const near = suggest(name, knownLimits);
    const message = `unknown limit ${quoted(written)}${near.text}`;
    return near.suggestions
      ? { message, suggestions: near.suggestions }
      : { message, hint: `Known: ${knownLimits.join(', ')}.` };
  }
  const amounts = [soft, hard].map(amountOf);
  const bad = [soft, hard].find((_, index) => amounts[index] === undefined);
  if (bad !== undefined) return { message: `the limit ${quoted(bad)} must be a whole number or "unlimited"` };
  const [low = 0n, high = 0n] = amounts;
  return low > high ? { message: `the soft limit of ${quoted(text)} is above the hard one` } : undefined;
}

function amountOf(written: string): bigint | undefined {
  if (written.toLowerCase() === 'unlimited') return unlimited;
  const value = /^\d{1,20}$/.test(written) ? BigInt(written) : undefined;
  return value !== undefined && value <= unlimited ? value : undefined;
}
