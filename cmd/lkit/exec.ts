import { Command } from 'commander';
import { writeTo } from './output.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { machineHelp, machineNamed } from './machines.ts';

interface ExecFlags {
  readonly service?: string;
  readonly interactive?: boolean;
  readonly timeout?: string;
}

/** A machine that was started a moment ago is waited for. */
const connectMs = 60_000;

export function execCommand(): Command {
  return new Command('exec')
    .description('run a command in a running machine')
    .argument('<name>', machineHelp)
    .argument('<command...>', 'program and arguments, after --; no shell unless it is named')
    .option('-s, --service <service>', 'in the container of this service')
    .option('-i, --interactive', 'pass standard input on, also from a terminal (what is piped in is in any case)')
    .option('--timeout <time>', 'kill it, and fail, after 90, 90s, 5m')
    .usage('[options] <name> -- <command...>')
    .showHelpAfterError('Options of the command itself stand behind --: lkit exec NAME -- sh -c true')
    .addHelpText(
      'after',
      `
Standard output, standard error and the exit code are the command's. It has no terminal: the
interactive way, to a shell or an editor, is lkit console. It is killed when lkit is. A process that
it leaves behind keeps lkit waiting until it closes its output.

Examples:
  lkit exec web -- service ls
  lkit exec web -s nginx -- nginx -s reload
  lkit exec web -- sh -c 'cat >/tmp/data' <data`,
    )
    .action(async (name: string, command: readonly string[], flags: ExecFlags) => {
      const { connectGuest, parseTime, requireAgents } = await import('../../pkg/machine/index.ts');
      const timeoutMs = flags.timeout === undefined ? undefined : parseTime(flags.timeout);
      const agents = requireAgents(await machineNamed(name));
      const hasInput = flags.interactive === true || !process.stdin.isTTY;
      const { exitCode } = await abortOnInterrupt(async (signal) => {
        const guest = await connectGuest(agents, { timeoutMs: connectMs, signal });
        try {
          return await guest.run({
            ...{ command, service: flags.service, timeoutMs, signal },
            stdin: hasInput ? process.stdin : undefined,
            onStdout: writeTo(process.stdout),
            onStderr: writeTo(process.stderr),
          });
        } finally {
          process.stdin.destroy();
          await guest.close();
        }
      });
      if (exitCode !== 0) process.exitCode = exitCode;
    });
}
