import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { extractKernel } from '../kernel/index.ts';
import type { KernelPlan, Plan } from '../plan/index.ts';
import { type PendingFile, writeTogether } from './aside.ts';
import { type PackContext, type PackingContext, packTogether, reported } from './context.ts';
import { initrdOf } from './initrd-of.ts';
import { writeParts } from './parts.ts';
import { changedFiles, rememberWritten } from './written.ts';

export interface OutputOptions extends PackContext {
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
  const [kernelFile, initrd] = await packTogether(options, (context) =>
    Promise.all([kernel && kernelOf(kernel, context), initrdOf(plan, context)]),
  );

  const step = options.reporter.step(`write ${options.name}`);
  const kernelParts = kernelFile === undefined ? [] : [{ target: target('kernel'), parts: [{ file: kernelFile }] }];
  try {
    const changed = await changedFiles(options.store, [
      ...kernelParts,
      { target: target('initrd.img'), parts: initrd },
    ]);
    const files = changed.map(({ target: file, parts }): PendingFile => ({
      target: file,
      write: (aside) => writeParts(parts, aside, options.signal),
    }));
    await writeTogether([
      ...files,
      { target: target('cmdline'), write: (aside) => writeFile(aside, kernel?.cmdline ?? '') },
    ]);
    await rememberWritten(options.store, changed);
  } catch (error) {
    step.fail();
    throw error;
  }
  step.end('done');
  return [...(kernelFile === undefined ? [] : [target('kernel')]), target('initrd.img'), target('cmdline')];
}

/** The kernel to boot, a file of the store. */
export async function kernelOf(kernel: KernelPlan, context: PackingContext): Promise<string> {
  const extract = () => extractKernel(context.store, kernel);
  const { path } = await context.run(() => reported(context, 'extract kernel', extract));
  return path;
}
