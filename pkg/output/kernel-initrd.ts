import { constants, createWriteStream } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extractKernel } from '../kernel/index.ts';
import type { Plan } from '../plan/index.ts';
import { writeTogether } from './aside.ts';
import { packedInitrd } from './initrd.ts';
import { packSystem } from './system.ts';
import type { SquashContext } from './squash.ts';

export interface OutputOptions extends SquashContext {
  /** Folder to write to; made where there is none. */
  readonly dir: string;
  /** Prefix of the files' names. */
  readonly name: string;
}

/**
 * LinuxKit's default format: `NAME-kernel`, `NAME-initrd.img`, `NAME-cmdline`.
 *
 * @returns the paths of the files
 * @throws {OutputError} `cannot-write`, `disk-full`, `missing-source`
 */
export async function writeKernelInitrd(plan: Plan, options: OutputOptions): Promise<readonly string[]> {
  const { kernel } = plan;
  const target = (suffix: string): string => path.join(options.dir, `${options.name}-${suffix}`);
  const kernelFile = kernel && (await extractKernel(options.store, kernel));
  const system = await packSystem(plan, options);

  const step = options.reporter.step(`write ${options.name}`);
  const files = [
    ...(kernelFile === undefined
      ? []
      : [
          {
            target: target('kernel'),
            write: (aside: string) => copyFile(kernelFile, aside, constants.COPYFILE_FICLONE),
          },
        ]),
    {
      target: target('initrd.img'),
      write: (aside: string) => pipeline(packedInitrd(system), createWriteStream(aside), { signal: options.signal }),
    },
    { target: target('cmdline'), write: (aside: string) => writeFile(aside, kernel?.cmdline ?? '') },
  ];
  try {
    await writeTogether(files);
  } catch (error) {
    step.fail();
    throw error;
  }
  step.end('done');
  return files.map((each) => each.target);
}
