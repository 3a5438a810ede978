import { Command } from 'commander';
import { hyperkitCommand } from './run-hyperkit.ts';
import { qemuCommand } from './run-qemu.ts';
import { vfkitCommand } from './run-vfkit.ts';

/** `lkit run [BACKEND] [NAME]`: a backend's flags may stand before its name (see `acceptGoFlags`). */
export function runCommand(): Command {
  return new Command('run')
    .description('boot an image, with its serial console in this terminal')
    .usage('[backend] [options] [name]')
    .addCommand(qemuCommand(), { isDefault: true })
    .addCommand(hyperkitCommand())
    .addCommand(vfkitCommand())
    .addHelpText(
      'after',
      `
Without a backend: qemu. A backend's options: lkit run qemu --help
hyperkit and vfkit run on Macs only.

Examples:
  lkit run qemu minimal
  lkit run -mem 2G minimal`,
    );
}
