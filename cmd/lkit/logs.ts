import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { isErrno } from '../../pkg/errors/index.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { machineHelp, machineNamed } from './machines.ts';

export function logsCommand(): Command {
  return new Command('logs')
    .description("print what a machine's console has said in its last run")
    .argument('<name>', machineHelp)
    .option('-f, --follow', 'go on with what it says from now on, until the machine ends')
    .addHelpText(
      'after',
      `
Examples:
  lkit logs web
  lkit logs -f web | grep -m 1 ready`,
    )
    .action(async (name: string, { follow }: { readonly follow?: boolean }) => {
      const { followFile, whenEnded } = await import('../../pkg/machine/index.ts');
      const { folder, state } = await machineNamed(name);
      const file = state.consoleLog ?? path.join(folder, 'console.log');
      await abortOnInterrupt(async (signal) => {
        const { running } = state;
        const ended =
          follow === true && running !== undefined ? whenEnded(running.process, signal) : AbortSignal.abort();
        try {
          await pipeline(Readable.from(followFile(file, { ended })), process.stdout, { end: false });
        } catch (error) {
          // Whoever reads has read enough.
          if (!isErrno(error, 'EPIPE')) throw error;
        }
      });
    });
}
