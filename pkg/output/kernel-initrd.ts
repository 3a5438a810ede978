import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extractKernel } from '../kernel/index.ts';
import type { Plan } from '../plan/index.ts';
import { type PendingFile, writeTogether } from './aside.ts';
import { copyWithTime, isCopy } from './copy.ts';
import { flatInitrd, packFlatSystem } from './flat.ts';
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
  const initrd = await initrdOf(plan, options);

  const step = options.reporter.step(`write ${options.name}`);
  const files: PendingFile[] = [
    {
      target: target('initrd.img'),
      write: (aside) => pipeline(initrd, createWriteStream(aside), { signal: options.signal }),
    },
    { target: target('cmdline'), write: (aside) => writeFile(aside, kernel?.cmdline ?? '') },
  ];
  // The kernel is the largest of the files, and almost always there from the last build.
  if (kernelFile !== undefined && !(await isCopy(kernelFile, target('kernel')))) {
    files.unshift({ target: target('kernel'), write: (aside) => copyWithTime(kernelFile, aside) });
  }
  try {
    await writeTogether(files);
  } catch (error) {
    step.fail();
    throw error;
  }
  step.end('done');
  return [...(kernelFile === undefined ? [] : [target('kernel')]), target('initrd.img'), target('cmdline')];
}

/** The bytes of a system's initrd, of whichever layout. */
export async function initrdOf(plan: Plan, context: SquashContext): Promise<AsyncGenerator<Buffer>> {
  switch (plan.layout) {
    case 'packed':
      return packedInitrd(await packSystem(plan, context));
    case 'flat':
      return flatInitrd(await packFlatSystem(plan, context));
  }
}
