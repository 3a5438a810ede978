import type { Command, Option } from 'commander';

/**
 * Lets long flags be typed with one dash, as LinuxKit's users and Go's flag package do: `-mem 2048` and `-mem=2048`
 * become `--mem 2048` and `--mem=2048`; a switch's `-iso=true` becomes `--iso`, and `-iso=false` goes. A value that may
 * be left out is one only where it is among the flag's choices, or a number where there are none: `--pull never a.yml`,
 * but `--pull a.yml`.
 *
 * Only names that the chosen command knows are touched, and never a flag's value; everything from `--` on stays as it
 * is, and so do short flags and unknown ones, for Commander to suggest what was meant.
 *
 * A subcommand's flags may stand before its name: `run -mem 2G qemu img` becomes `run qemu --mem 2G img`.
 */
export function acceptGoFlags(program: Command, argv: readonly string[]): string[] {
  const rewritten: string[] = [];
  const chain = [program];
  let scope = scopeOf(chain);
  let firstOfBelow: number | undefined;
  let operands = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') return [...rewritten, ...argv.slice(index)];
    const flag = parseFlag(word, argv[index + 1], scope);
    if (flag !== undefined) {
      if (!chain.some((command) => command.options.includes(flag.option))) firstOfBelow ??= rewritten.length;
      rewritten.push(...flag.words);
      if (flag.takesNext && index + 1 < argv.length) rewritten.push(argv[++index] ?? '');
      continue;
    }
    const child: Command | undefined = operands ? undefined : find(chain.at(-1), word);
    if (child === undefined) {
      operands ||= !word.startsWith('-');
      rewritten.push(word);
      continue;
    }
    // Commander looks for a command's flags behind its name only.
    rewritten.splice(firstOfBelow ?? rewritten.length, 0, word);
    if (firstOfBelow !== undefined) firstOfBelow += 1;
    chain.push(child);
    scope = scopeOf(chain);
  }
  return rewritten;
}

/** The flags that may stand at a point of the command line, by name: `mem` for the long, `v` for the short ones. */
type Scope = ReadonlyMap<string, Option>;

/**
 * The flags of a chain of commands and of all commands below its last: a flag may stand before the subcommand that it
 * belongs to. Where names collide, the command further down is meant.
 */
function scopeOf(chain: readonly Command[]): Scope {
  const scope = new Map<string, Option>();
  const add = ({ options }: Command): void => {
    for (const option of options) {
      for (const name of [option.long, option.short]) if (name) scope.set(name.replace(/^-+/, ''), option);
    }
  };
  const addBelow = (command: Command): void => {
    for (const child of command.commands) {
      add(child);
      addBelow(child);
    }
  };
  for (const command of chain) add(command);
  for (const command of chain.slice(-1)) addBelow(command);
  return scope;
}

function find(command: Command | undefined, name: string): Command | undefined {
  return command?.commands.find((child) => child.name() === name || child.aliases().includes(name));
}

interface Flag {
  readonly option: Option;
  readonly words: readonly string[];
  /** Whether the next word is this flag's value. */
  readonly takesNext: boolean;
}

function parseFlag(word: string, next: string | undefined, scope: Scope): Flag | undefined {
  const [, dashes = '', name = '', value] = /^(--?)([^=-][^=]*)(?:=([^]*))?$/.exec(word) ?? [];
  const option = scope.get(name);
  if (option === undefined || (dashes === '--' && name.length === 1)) return undefined;
  const takesNext = option.required && value === undefined;
  if (name.length === 1) return { option, words: [word], takesNext };
  if (!option.required && (value === 'true' || value === 'false')) {
    return { option, words: value === 'true' ? [bare(option)] : [], takesNext: false };
  }
  if (option.optional && value === undefined) {
    // Commander would take whatever follows for the value, be it a file.
    const isValue = next !== undefined && (option.argChoices?.includes(next) ?? /^\d+$/.test(next));
    return { option, words: [isValue ? `--${name}` : bare(option)], takesNext: isValue };
  }
  return { option, words: [value === undefined ? `--${name}` : `--${name}=${value}`], takesNext };
}

/** A flag without its value, which then is the one that the option presets. */
function bare({ long, presetArg }: Option): string {
  return typeof presetArg === 'string' ? `${long ?? ''}=${presetArg}` : (long ?? '');
}
