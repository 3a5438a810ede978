import { Command } from 'commander';
import { globalFlags, reporterFor } from './context.ts';
import { machineHelp, machineNamed, machineRegistry } from './machines.ts';

export function rmCommand(): Command {
  return new Command('rm')
    .description('remove stopped machines: their state and the disks in their state folders')
    .argument('<name...>', machineHelp)
    .option('-f, --force', 'running ones as well, which are ended as by a power cut')
    .addHelpText(
      'after',
      `
Images, and disks that are elsewhere, stay.

Examples:
  lkit rm web
  lkit rm -f web db`,
    )
    .action(async (names: readonly string[], { force }: { readonly force?: boolean }, command: Command) => {
      const { removeMachine, stopMachine } = await import('../../pkg/machine/index.ts');
      const reporter = reporterFor(globalFlags(command));
      for (const name of names) {
        const machine = await machineNamed(name);
        const { running, ...stopped } = machine.state;
        if (force === true && running !== undefined) await stopMachine(running, { graceMs: 0 });
        const left = await removeMachine(machineRegistry(), force === true ? { ...machine, state: stopped } : machine);
        if (left.length > 0) reporter.info(`left in ${machine.folder}, as lkit did not make it: ${left.join(', ')}`);
      }
    });
}
