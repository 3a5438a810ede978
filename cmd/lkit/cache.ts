import { Command } from 'commander';
import { exportCommand, importCommand } from './cache-exchange.ts';
import { listCommand } from './cache-ls.ts';
import { cleanCommand, pruneCommand, removeCommand } from './cache-remove.ts';
import { pullCommand, pushCommand } from './cache-transfer.ts';
import { verifyCommand } from './cache-verify.ts';
import { globalFlags, storeDirectory } from './context.ts';

/** `lkit cache`: the folder of images and of everything made from them. */
export function cacheCommand(): Command {
  return new Command('cache')
    .description('look at the images that lkit keeps, move them, and make room')
    .addCommand(listCommand())
    .addCommand(pullCommand())
    .addCommand(pushCommand())
    .addCommand(removeCommand())
    .addCommand(pruneCommand())
    .addCommand(cleanCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(verifyCommand())
    .addCommand(pathCommand())
    .addHelpText(
      'after',
      `
Examples:
  lkit cache ls                        what there is, and what uses it
  lkit cache prune --max-size 10G      removes what is not needed, and more until it fits
  lkit cache verify                    reads everything, and gets again what is damaged
  lkit cache export --lock demo.lock.json -o demo.tar
  lkit cache import demo.tar`,
    );
}

function pathCommand(): Command {
  return new Command('path')
    .description('print the folder')
    .addHelpText(
      'after',
      `
Examples:
  du -sh "$(lkit cache path)"
  skopeo inspect "oci:$(lkit cache path):docker.io/library/alpine:3.20"`,
    )
    .action((_flags: unknown, command: Command) => {
      console.log(storeDirectory(globalFlags(command)));
    });
}
