import { Command } from 'commander';
import { LkitError } from '../../pkg/errors/index.ts';
import { formatBytes } from '../../pkg/report/index.ts';
import type { Removal, Store } from '../../pkg/store/index.ts';
import { globalFlags, openStore } from './context.ts';
import { parseAmount, parseSpan } from './numbers.ts';

interface DryRunFlag {
  readonly dryRun?: boolean;
}

const dryRun = ['--dry-run', 'only say what would be removed'] as const;

const weekMs = 7 * 24 * 3600e3;

export function pruneCommand(): Command {
  return new Command('prune')
    .description('remove what no named image, no lock file and no recent build needs')
    .option('--max-size <size>', 'then remove what was used longest ago, until no more than this is left', parseAmount)
    .option('--keep <time>', 'what was used within this time stays (default: 7d)', parseSpan)
    .option(...dryRun)
    .addHelpText(
      'after',
      `
Images of a lock file stay as long as the file is where it was written, also with --max-size.
What a running lkit uses stays in any case.

Examples:
  lkit cache prune
  lkit cache prune --keep 0s --dry-run
  lkit cache prune --max-size 10G`,
    )
    .action(async (flags: DryRunFlag & { readonly maxSize?: number; readonly keep?: number }, command: Command) => {
      const { prune } = await import('../../pkg/store/index.ts');
      const { keep = weekMs, maxSize } = flags;
      const removal = await prune(await openStore(globalFlags(command)), { ...flags, keepMs: keep, maxBytes: maxSize });
      report(removal, flags);
      if (maxSize !== undefined && removal.left > maxSize) {
        const left = `${formatBytes(removal.left)} are left`;
        process.stderr.write(`warning: ${left}: the rest is locked, or in use by a running lkit\n`);
      }
    });
}

export function cleanCommand(): Command {
  return new Command('clean')
    .description('remove everything, also what is locked')
    .option(...dryRun)
    .addHelpText(
      'after',
      `
What a running lkit uses stays.

Examples:
  lkit cache clean --dry-run
  lkit cache clean`,
    )
    .action(async (flags: DryRunFlag, command: Command) => {
      const { clean } = await import('../../pkg/store/index.ts');
      report(await clean(await openStore(globalFlags(command)), flags), flags);
    });
}

export function removeCommand(): Command {
  return new Command('rm')
    .description('remove images, and all that nothing else needs of them')
    .argument('<image...>', 'names as `lkit cache ls` prints them, or digests, or the first digits of one')
    .option('-f, --force', 'also images that a lock file needs')
    .option(...dryRun)
    .addHelpText(
      'after',
      `
Examples:
  lkit cache rm alpine:3.20
  lkit cache rm pkg:getty 8c1f2ab93d02`,
    )
    .action(async (names: readonly string[], flags: DryRunFlag & { readonly force?: boolean }, command: Command) => {
      const { findImages, removeImages } = await import('../../pkg/store/index.ts');
      const store = await openStore(globalFlags(command));
      const found = (await Promise.all(names.map((name) => findImages(store, name)))).flat();
      const digests = new Set(found.flatMap(({ digest, indexes }) => [digest, ...indexes]));
      if (flags.force !== true) await refuseLocked(store, digests);
      report(await removeImages(store, digests, flags), flags);
    });
}

async function refuseLocked(store: Store, digests: ReadonlySet<string>): Promise<void> {
  const { recordedBuilds } = await import('../../pkg/store/index.ts');
  for (const { lock, isLocked, images } of await recordedBuilds(store)) {
    const image = images.find(({ digest }) => digests.has(digest));
    if (!isLocked || image === undefined) continue;
    throw new LkitError('locked-image', `${image.text} is locked by ${lock}`, {
      kind: 'input',
      hint: 'Remove it all the same with --force; a build with --locked will have to get it again.',
    });
  }
}

function report({ names, blobs, derived, freed, left }: Removal, { dryRun: isDry = false }: DryRunFlag): void {
  for (const name of names) console.log(`${isDry ? 'would remove' : 'removed'} ${name}`);
  const files = blobs.length + derived.length;
  const verb = isDry ? 'would free' : 'freed';
  console.log(
    `${verb} ${formatBytes(freed)} (${files} files); ${formatBytes(left)} ${isDry ? 'would be' : 'are'} left`,
  );
}
