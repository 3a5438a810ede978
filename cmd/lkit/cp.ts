import { Command } from 'commander';
import { LkitError } from '../../pkg/errors/index.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { machineNamed } from './machines.ts';

/** A machine that was started a moment ago is waited for. */
const connectMs = 60_000;

export function cpCommand(): Command {
  return new Command('cp')
    .description('copy a file or folder between this computer and a running machine')
    .argument('<from>', 'a path, or NAME:PATH in a machine')
    .argument('<to>', 'a path, or NAME:PATH in a machine')
    .addHelpText(
      'after',
      `
Into a folder that is there it goes under its own name. Modes and times are kept; in the machine
it is root's, here it is yours. A path with a colon begins with ./ or /.

Examples:
  lkit cp web:/var/log/nginx.log .
  lkit cp ./site web:/var/lib/www`,
    )
    .action(async (from: string, to: string) => {
      const { connectGuest, copyFromGuest, copyToGuest, requireRunning } = await import('../../pkg/machine/index.ts');
      const [source, target] = [parsePlace(from), parsePlace(to)];
      const name = source.machine ?? target.machine;
      if (name === undefined || (source.machine !== undefined && target.machine !== undefined)) {
        throw new LkitError('bad-copy', 'one of the two has to be in a machine, as NAME:PATH, and one here', {
          kind: 'input',
          hint: 'Examples: lkit cp web:/etc/hosts . and lkit cp ./hosts web:/tmp',
        });
      }
      const running = requireRunning(await machineNamed(name));
      await abortOnInterrupt(async (signal) => {
        const guest = await connectGuest(running.sockets.agents, { timeoutMs: connectMs, signal });
        try {
          const copy = source.machine === undefined ? copyToGuest : copyFromGuest;
          await copy(guest, source.path, target.path, signal);
        } finally {
          await guest.close();
        }
      });
    });
}

function parsePlace(text: string): { readonly machine?: string; readonly path: string } {
  const [, machine, path] = /^([^./:][^:]*):([^]+)$/.exec(text) ?? [];
  return machine === undefined || path === undefined ? { path: text } : { machine, path };
}
