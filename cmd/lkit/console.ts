import { Command } from 'commander';
import { globalFlags, reporterFor } from './context.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { machineHelp, machineNamed } from './machines.ts';

export function consoleCommand(): Command {
  return new Command('console')
    .description("connect this terminal to a running machine's console")
    .argument('<name>', machineHelp)
    .addHelpText(
      'after',
      `
What the console has said so far is shown first. Ctrl-A D leaves, and the machine runs on;
Ctrl-A A sends Ctrl-A; all other keys, Ctrl-C too, are the guest's.

Examples:
  lkit console web`,
    )
    .action(async (name: string, _flags: unknown, command: Command) => {
      const { attachConsole, requireRunning } = await import('../../pkg/machine/index.ts');
      const running = requireRunning(await machineNamed(name));
      const reporter = reporterFor(globalFlags(command));
      const say = (text: string): void => {
        reporter.info(text);
      };
      if (process.stdin.isTTY) say('To leave: Ctrl-A, then D; the machine runs on.');
      const terminal = { input: process.stdin, output: process.stdout };
      const end = await abortOnInterrupt((signal) => attachConsole(running, { terminal, signal, say }));
      say(end === 'left' ? `left ${name}, which runs on` : `${name} has ended`);
    });
}
