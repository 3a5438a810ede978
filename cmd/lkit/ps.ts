import { Command } from 'commander';
import type { KnownMachine } from '../../pkg/machine/index.ts';
import { machineRegistry } from './machines.ts';
import { formatAge, formatTable } from './table.ts';

export function psCommand(): Command {
  return new Command('ps')
    .description('list your machines, running and stopped')
    .option('--json', 'everything that is known, for programs')
    .addHelpText(
      'after',
      `
Examples:
  lkit ps
  lkit ps --json | jq -r '.[] | select(.running) | .name'`,
    )
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { listMachines } = await import('../../pkg/machine/index.ts');
      const machines = await listMachines(machineRegistry());
      process.stdout.write(json === true ? printJson(machines) : printTable(machines, Date.now()));
    });
}

function printTable(machines: readonly KnownMachine[], now: number): string {
  const rows = machines.map(({ name, folder, state: { running } }) => [
    name,
    running === undefined ? 'stopped' : 'running',
    running === undefined ? '-' : String(running.process.pid),
    running === undefined ? '-' : formatAge(now - Date.parse(running.startedAt)),
    folder,
  ]);
  return formatTable([['NAME', 'STATUS', 'PID', 'STARTED', 'FOLDER'], ...rows]);
}

function printJson(machines: readonly KnownMachine[]): string {
  const listed = machines.map(({ name, folder, state: { identity, running } }) => ({
    name,
    folder,
    identity,
    running: running ?? null,
  }));
  return `${JSON.stringify(listed, null, 2)}\n`;
}
