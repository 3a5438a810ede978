import { Command } from 'commander';
import { describeFailure } from '../../../cmd/lkit/failure.ts';
import { acceptGoFlags } from '../../../cmd/lkit/goflags.ts';
import { runCommand } from '../../../cmd/lkit/run.ts';

// `lkit run` without the other commands, as a program for tests that need one behind a terminal.
const program = new Command('lkit')
  .option('-q, --quiet')
  .option('-v, --verbose')
  .option('--cache <dir>')
  .addCommand(runCommand());
try {
  await program.parseAsync(acceptGoFlags(program, process.argv.slice(2)), { from: 'user' });
} catch (error) {
  const { text, exitCode } = describeFailure(error, false);
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}
