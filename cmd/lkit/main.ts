import { Command, CommanderError } from 'commander';
import { isErrno } from '../../pkg/errors/index.ts';
import { loadCommands } from './commands.ts';
import { lkitVersion } from './context.ts';
import { describeFailure, exitCodes, Reported } from './failure.ts';
import { acceptGoFlags } from './goflags.ts';
import { sourceLinesOf } from './source-line.ts';

async function createProgram(): Promise<Command> {
  const program = new Command('lkit')
    .description('Turns one YAML file into a bootable Linux image made of containers, and boots it.')
    .version(lkitVersion(), '--version', 'print the version')
    .option('--cache <dir>', 'folder for images and everything made from them ($LKIT_CACHE)')
    .option('-q, --quiet', 'print warnings and errors only')
    .option('-v, --verbose', 'say for each step whether it was cached or how long it took; stack traces')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Examples:
  lkit build minimal.yml              writes minimal-kernel, minimal-initrd.img and minimal-cmdline
  lkit run qemu -mem 2048 minimal     boots them, with the serial console in this terminal
  lkit COMMAND --help                 more about a command`,
    );
  for (const command of await loadCommands(program, argv)) program.addCommand(command);
  return program;
}

/** Commander ends the process on a usage error; here it throws instead, at every level of the tree. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

const argv = process.argv.slice(2);
const isVerbose = argv.includes('--verbose') || argv.includes('-v');

async function main(): Promise<number> {
  try {
    const program = await createProgram();
    throwInsteadOfExit(program);
    await program.parseAsync(acceptGoFlags(program, argv), { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.invalid;
    if (error instanceof Reported) return error.exitCode;
    return report(error, await sourceLinesOf(error));
  }
}

function report(error: unknown, sourceLines?: readonly (string | undefined)[]): number {
  const { text, exitCode } = describeFailure(error, isVerbose, sourceLines);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

process.on('uncaughtException', (error) => {
  // Of what is written, only the output is in nobody's care. Its reader has read enough: `lkit --help | head -n 1`.
  process.exit(isErrno(error, 'EPIPE') ? exitCodes.unread : report(error));
});

void main().then((exitCode) => {
  // A command may have decided on another code itself.
  process.exitCode ??= exitCode;
});
