import path from 'node:path';
import { Command } from 'commander';
import { formatBytes } from '../../pkg/report/index.ts';
import type { ListedImage, StoreListing } from '../../pkg/store/index.ts';
import { globalFlags, openStore } from './context.ts';
import { formatAge, formatTable } from './table.ts';

export function listCommand(): Command {
  return new Command('ls')
    .alias('list')
    .description('list the images, with size, last use, and the builds that use them')
    .option('--json', 'everything that is known, for programs')
    .addHelpText(
      'after',
      `
SIZE is that of the image as it was got, PACKED that of what lkit made from it. USED BY names
the builds (by the names of their lock files) whose last run used the image.

Examples:
  lkit cache ls
  lkit cache ls --json | jq -r '.images[] | select(.usedBy == []) | .digest'`,
    )
    .action(async ({ json }: { readonly json?: boolean }, command: Command) => {
      const { listStore } = await import('../../pkg/store/index.ts');
      const listing = await listStore(await openStore(globalFlags(command)));
      process.stdout.write(json === true ? printJson(listing) : printTable(listing, Date.now()));
    });
}

function printTable({ images, sizes }: StoreListing, now: number): string {
  const header = ['NAME', 'ARCH', 'SIZE', 'PACKED', 'LAST USED', 'USED BY'];
  const rows = images.map((image) => [
    nameOf(image),
    image.architecture ?? '-',
    formatBytes(image.size),
    image.derivedSize === 0 ? '-' : formatBytes(image.derivedSize),
    formatAge(now - image.usedAt),
    usersOf(image),
  ]);
  const table = images.length === 0 ? '' : formatTable([header, ...rows]);
  const parts = `images and packages ${formatBytes(sizes.blobs)}, made from them ${formatBytes(sizes.derived)}`;
  const others = sizes.state === 0 ? '' : `, package indexes ${formatBytes(sizes.state)}`;
  return `${table}${formatBytes(sizes.total)} in all: ${parts}${others}\n`;
}

/** What a person called it, where one did; lkit's own names end in a long hash. */
function nameOf({ names, calledAs, digest, isComplete }: ListedImage): string {
  const [called] = calledAs;
  const [name] = names;
  const shown =
    called ?? name?.replace(/:([0-9a-f]{12})[0-9a-f]{20}-.*$/, ':$1') ?? digest.slice(0, 'sha256:'.length + 12);
  return isComplete ? shown : `${shown} (not whole)`;
}

function usersOf({ usedBy }: ListedImage): string {
  const users = usedBy.map(({ lock }) => path.basename(lock).replace(/\.lock\.json$/, ''));
  return users.length === 0 ? '-' : [...new Set(users)].join(', ');
}

function printJson({ images, sizes }: StoreListing): string {
  const time = (usedAt: number): string => new Date(usedAt).toISOString();
  const listed = images.map(({ usedAt, usedBy, isComplete, architecture, ...image }) => ({
    ...image,
    architecture: architecture ?? null,
    lastUsed: time(usedAt),
    usedBy: usedBy.map(({ lock, isLocked, usedAt: at }) => ({ lock, locked: isLocked, lastUsed: time(at) })),
    complete: isComplete,
  }));
  return `${JSON.stringify({ images: listed, sizes }, null, 2)}\n`;
}
