#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { buildCommand } from './build.ts';
import { cacheCommand } from './cache.ts';
import { lkitVersion } from './context.ts';
import { consoleCommand } from './console.ts';
import { convertCommand } from './convert.ts';
import { cpCommand } from './cp.ts';
import { execCommand } from './exec.ts';
import { doctorCommand } from './doctor.ts';
import { describeFailure, exitCodes, Reported } from './failure.ts';
import { acceptGoFlags } from './goflags.ts';
import { imageCommand } from './image.ts';
import { logsCommand } from './logs.ts';
import { i2cCommand } from './i2c.ts';
import { pkgCommand } from './pkg.ts';
import { psCommand } from './ps.ts';
import { rmCommand } from './rm.ts';
import { runCommand } from './run.ts';
import { sizeCommand } from './size.ts';
import { sourceLineOf } from './source-line.ts';
import { stopCommand } from './stop.ts';
import { testCommand } from './test.ts';
import { validateCommand } from './validate.ts';

function createProgram(): Command {
  return new Command('lkit')
    .description('Turns one YAML file into a bootable Linux image made of containers, and boots it.')
    .version(lkitVersion(), '--version', 'print the version')
    .option('--cache <dir>', 'folder for images and everything made from them ($LKIT_CACHE)')
    .option('-q, --quiet', 'print warnings and errors only')
    .option('-v, --verbose', 'say for each step whether it was cached or how long it took; stack traces')
    .showSuggestionAfterError()
    .addCommand(buildCommand())
    .addCommand(runCommand())
    .addCommand(psCommand())
    .addCommand(stopCommand())
    .addCommand(consoleCommand())
    .addCommand(logsCommand())
    .addCommand(execCommand())
    .addCommand(cpCommand())
    .addCommand(rmCommand())
    .addCommand(i2cCommand())
    .addCommand(testCommand())
    .addCommand(validateCommand())
    .addCommand(convertCommand())
    .addCommand(sizeCommand())
    .addCommand(pkgCommand())
    .addCommand(cacheCommand())
    .addCommand(imageCommand())
    .addCommand(doctorCommand())
    .addHelpText(
      'after',
      `
Examples:
  lkit build minimal.yml              writes minimal-kernel, minimal-initrd.img and minimal-cmdline
  lkit run qemu -mem 2048 minimal     boots them, with the serial console in this terminal
  lkit COMMAND --help                 more about a command`,
    );
}

/** Commander ends the process on a usage error; here it throws instead, at every level of the tree. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

async function main(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(acceptGoFlags(program, argv), { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.invalid;
    if (error instanceof Reported) return error.exitCode;
    const isVerbose = argv.includes('--verbose') || argv.includes('-v');
    const { text, exitCode } = describeFailure(error, isVerbose, await sourceLineOf(error));
    process.stderr.write(`${text}\n`);
    return exitCode;
  }
}

const exitCode = await main(process.argv.slice(2));
// A command may have decided on another code itself.
process.exitCode = process.exitCode ?? exitCode;
