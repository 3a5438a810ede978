import { Command } from 'commander';
import { describeFailure } from '../../../cmd/lkit/failure.ts';
import { acceptGoFlags } from '../../../cmd/lkit/goflags.ts';
import { hyperkitCommand } from '../../../cmd/lkit/run-hyperkit.ts';
import { vfkitCommand } from '../../../cmd/lkit/run-vfkit.ts';
import { appleMac, intelMac } from './macs.ts';

// `lkit run hyperkit` and `lkit run vfkit` as programs that take this host for a Mac.
const program = new Command('lkit')
  .option('-q, --quiet')
  .addCommand(new Command('run').addCommand(hyperkitCommand(intelMac)).addCommand(vfkitCommand(appleMac)));
try {
  await program.parseAsync(acceptGoFlags(program, process.argv.slice(2)), { from: 'user' });
} catch (error) {
  const { text, exitCode } = describeFailure(error, false);
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}
