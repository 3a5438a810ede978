import { labels } from '../image/index.ts';
import { diskRootModules, type Plan, type RootFileSystem } from '../plan/index.ts';
import { OutputError } from './aside.ts';
import { type PackContext, packTogether } from './context.ts';
import { isModular, takeModules } from './kernel-modules.ts';
import type { SizedFile } from './sized-file.ts';
import { packStage0, stage0Of } from './stage0.ts';

/**
 * The initrd, a file of the store, with which a kernel that has the drivers for it in modules mounts its root on a disk;
 * `undefined` for a kernel that does without.
 *
 * @throws {KernelError} `cannot-mount`
 * @throws {OutputError} `no-packed-init` where no init image has what mounts it
 */
export async function diskRootInitrd(
  plan: Plan,
  fileSystem: RootFileSystem,
  context: PackContext,
): Promise<SizedFile | undefined> {
  const { kernel } = plan;
  if (!isModular(kernel)) return undefined;
  const files = diskRootModules(kernel.modules, fileSystem, kernel.at);
  if (files.length === 0) return undefined;
  if (!plan.init.some(({ image }) => image.config.config?.Labels?.[labels.init] === 'packed')) {
    const { release } = kernel.modules;
    throw new OutputError('no-packed-init', `the kernel (${release}) has drivers for its root in modules only`, {
      kind: 'input',
      at: kernel.at,
      hint: 'Put pkg:init first under "init:", which loads them, or take a kernel that has them built in.',
    });
  }
  return await packTogether(context, async (packing) => {
    const { file } = await takeModules(kernel, files, packing);
    return packStage0(packing, stage0Of(plan), { tar: file, release: kernel.modules.release, files }, 'disk-root');
  });
}
