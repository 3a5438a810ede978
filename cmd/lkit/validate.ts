import { Command, Option } from 'commander';
import type { SourceText } from '../../pkg/spec/index.ts';
import { describeFailure, exitCodes, Reported } from './failure.ts';
import { readSource } from './sources.ts';

/** `lkit validate FILE…`. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check YAML files without building')
    .argument('<file...>', 'YAML files, http(s) URLs, - for standard input; each is checked by itself')
    .option('--merge', 'check them as one system, merged in order as `lkit build` does')
    .addOption(
      new Option('--format <format>', 'how to print what was found')
        .choices(['text', 'json', 'github'])
        .default('text'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      `
Examples:
  lkit validate lkit.yml
  lkit validate --json *.yml
  lkit validate --format github --merge base.yml services.yml`,
    )
    .action(validate);
}

interface ValidateFlags {
  readonly merge?: boolean;
  readonly json?: boolean;
  readonly format: 'text' | 'json' | 'github';
}

async function validate(files: readonly string[], flags: ValidateFlags): Promise<void> {
  const { parseSystem, printDiagnostics } = await import('./diagnostics.ts');
  const { sources, unreadable } = await readAll(files);
  const systems = flags.merge === true ? [sources] : sources.map((source) => [source]);
  const parsed = await Promise.all(systems.map(parseSystem));
  const diagnostics = parsed.flatMap((each) => each.diagnostics);
  const format = flags.json === true ? 'json' : flags.format;
  const text = printDiagnostics(diagnostics, sources, format);
  // A program reads the result from standard output; what a person reads is a message.
  if (format !== 'text') process.stdout.write(`${text}\n`);
  else if (text !== '') process.stderr.write(`${text}\n`);
  for (const error of unreadable) process.stderr.write(`${describeFailure(error, false).text}\n`);
  const invalid = parsed.some(({ spec }) => spec === undefined);
  if (invalid || unreadable.length > 0) throw new Reported(exitCodes.invalid);
}

/** A file that cannot be read is one more thing to report; it does not keep the others from being checked. */
async function readAll(
  files: readonly string[],
): Promise<{ readonly sources: readonly SourceText[]; readonly unreadable: readonly unknown[] }> {
  const sources: SourceText[] = [];
  const unreadable: unknown[] = [];
  for (const file of files) {
    try {
      sources.push(await readSource(file));
    } catch (error) {
      unreadable.push(error);
    }
  }
  return { sources, unreadable };
}
