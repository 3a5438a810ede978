import { Command } from 'commander';
import { formatBytes } from '../../pkg/report/index.ts';
import type { VerifyReport } from '../../pkg/store/index.ts';
import { hostArchitecture } from './arch.ts';
import { globalFlags, imageOptions } from './context.ts';
import { exitCodes, Reported } from './failure.ts';
import { addRegistryFlags } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { addLimitFlag } from './numbers.ts';

interface VerifyFlags {
  readonly dryRun?: boolean;
  readonly repair: boolean;
}

export function verifyCommand(): Command {
  return addLimitFlag(addRegistryFlags(new Command('verify')))
    .description('read everything, remove what is damaged, and get it again')
    .option('--no-repair', 'remove what is damaged, and leave it to the next build to get it again')
    .option('--dry-run', 'only say what is damaged')
    .addHelpText(
      'after',
      `
Exit code 1 when an image is left that is not whole.

Examples:
  lkit cache verify
  lkit cache verify --dry-run`,
    )
    .action(async (flags: VerifyFlags, command: Command) => {
      const { incompleteImages, removeDamaged, verifyStore } = await import('../../pkg/store/index.ts');
      const options = { ...(await imageOptions(globalFlags(command))), arch: hostArchitecture() };
      const { store, reporter } = options;
      const step = reporter.step('verify');
      const found = await abortOnInterrupt((signal) =>
        verifyStore(store, { signal, progress: step.progress.bind(step) }),
      ).catch((error: unknown) => {
        step.fail();
        throw error;
      });
      step.end('done');
      print(found);
      if (flags.dryRun === true) {
        if (found.damaged.length > 0) throw new Reported(exitCodes.failed);
        return;
      }
      if (found.damaged.length > 0) await removeDamaged(store, found.damaged);
      const left = flags.repair ? await repair(options) : (await incompleteImages(store)).length;
      if (!flags.repair && left > 0) console.log(`${left} images are not whole; the next build gets them again`);
      if (left > 0) throw new Reported(exitCodes.failed);
    });
}

function print({ files, bytes, damaged }: VerifyReport): void {
  for (const { name, kind, problem, images } of damaged) {
    const of =
      images.length > 0 ? `, of ${images.join(', ')}` : kind === 'derived' ? ', which the next build makes anew' : '';
    console.log(`damaged: ${name}${of}: ${problem}`);
  }
  const result = damaged.length === 0 ? 'all as they were written' : `${damaged.length} damaged`;
  console.log(`${files} files, ${formatBytes(bytes)}: ${result}`);
}

/** @returns how many images are still not whole */
async function repair(
  options: Awaited<ReturnType<typeof imageOptions>> & { arch: ReturnType<typeof hostArchitecture> },
): Promise<number> {
  const { repairImages } = await import('../../pkg/build/index.ts');
  const repairs = await repairImages(options);
  for (const { digest, names, failure } of repairs) {
    const name = names[0] ?? digest;
    console.log(failure === undefined ? `got ${name} again` : `not whole: ${name}: ${failure}`);
  }
  return repairs.filter(({ failure }) => failure !== undefined).length;
}
