import { Command } from 'commander';
import { qemuCommand } from './run-qemu.ts';

/** `lkit run [BACKEND] [NAME]`: a backend's flags may stand before its name (see `acceptGoFlags`). */
export function runCommand(): Command {
  return new Command('run')
    .description('boot an image, with its serial console in this terminal')
    .usage('[backend] [options] [name]')
    .addCommand(qemuCommand(), { isDefault: true })
    .addHelpText(
      'after',
      `
Without a backend: qemu. Its options: lkit run qemu --help

Examples:
  lkit run qemu minimal
  lkit run -mem 2G minimal`,
    );
}
