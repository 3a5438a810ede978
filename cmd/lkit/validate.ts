import { Command, Option } from 'commander';
import { LkitError } from '../../pkg/errors/index.ts';
import type { Diagnostic, SourceText } from '../../pkg/spec/index.ts';
import { exitCodes, Reported } from './failure.ts';
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
  const read: FileRead[] = [];
  for (const file of files) read.push(await readFile(file));
  const failures = new Map(read.map(({ source, failure }) => [source.file, failure]));
  const sources = read.map(({ source }) => source);
  const systems = flags.merge === true ? [sources] : sources.map((source) => [source]);
  const parsed = await Promise.all(systems.map(parseSystem));
  const diagnostics = parsed.flatMap((each) => each.diagnostics).map((each) => failures.get(each.at.file) ?? each);
  const shown = sources.filter(({ file }) => failures.get(file) === undefined);
  const format = flags.json === true ? 'json' : flags.format;
  const text = printDiagnostics(diagnostics, shown, format);
  // A program reads the result from standard output; what a person reads is a message.
  if (format !== 'text') process.stdout.write(`${text}\n`);
  else if (text !== '') process.stderr.write(`${text}\n`);
  if (parsed.some(({ spec }) => spec === undefined)) throw new Reported(exitCodes.invalid);
}

interface FileRead {
  readonly source: SourceText;
  readonly failure?: Diagnostic;
}

/**
 * A file that cannot be read is one more thing to report, in its place among the others, and keeps none of them from
 * being checked: it counts as an empty one, of which that is said instead.
 */
async function readFile(file: string): Promise<FileRead> {
  try {
    return { source: await readSource(file) };
  } catch (error) {
    if (!(error instanceof LkitError)) throw error;
    const start = { line: 1, column: 1 };
    const { message, hint } = error;
    const at = { file, ...start };
    const failure = { severity: 'error', code: 'unreadable', at, end: start, message, ...(hint && { hint }) } as const;
    return { source: { file, text: '', baseDir: '' }, failure };
  }
}
