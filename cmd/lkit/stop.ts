import { Command } from 'commander';
import { globalFlags, reporterFor } from './context.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { machineHelp, machineNamed } from './machines.ts';

export function stopCommand(): Command {
  return new Command('stop')
    .description('shut machines down')
    .argument('<name...>', machineHelp)
    .option('-t, --time <time>', 'how long a guest may take: 10, 30s, 2m; then it is ended as by a power cut', '30s')
    .addHelpText(
      'after',
      `
The guest is asked through its agent or, where none answers, by its power button: services are
ended, onshutdown containers run, disks are unmounted.

Examples:
  lkit stop web
  lkit stop -t 0 web db        at once, as by a power cut`,
    )
    .action(async (names: readonly string[], { time }: { readonly time: string }, command: Command) => {
      const { parseTime, stopMachine } = await import('../../pkg/machine/index.ts');
      const reporter = reporterFor(globalFlags(command));
      const graceMs = /^0+s?$/.test(time) ? 0 : parseTime(time);
      const machines = await Promise.all(names.map(machineNamed));
      await abortOnInterrupt((signal) =>
        Promise.all(
          machines.map(async ({ name, state: { running } }) => {
            if (running === undefined) {
              reporter.info(`${name} is not running`);
              return;
            }
            const outcome = await stopMachine(running, { graceMs, signal });
            if (outcome === 'killed' && graceMs > 0) reporter.warn(`${name} did not shut down in ${time}: ended it`);
          }),
        ),
      );
    });
}
