import { Command } from 'commander';
import { LkitError } from '../../pkg/errors/index.ts';
import type { Platform } from '../../pkg/image/index.ts';
import { globalFlags } from './context.ts';
import {
  addConfigFlags,
  authoringContext,
  type ConfigFlags,
  configChanges,
  parsePlatform,
  writeTo,
} from './image-context.ts';
import { addRegistryFlags } from './image-flags.ts';
import { addLimitFlag } from './numbers.ts';

interface CreateFlags extends ConfigFlags {
  readonly binary?: string;
  readonly target?: string;
  readonly withLibs?: boolean;
  readonly rootfs?: string;
  readonly platform?: Platform;
}

/** `lkit image create TARGET`. */
export function createCommand(): Command {
  return addLimitFlag(addRegistryFlags(addConfigFlags(new Command('create'))))
    .description('make an image from a program or a root file system')
    .argument('<target>', 'where to write the image, such as oci:hello:latest')
    .option('--binary <file>', 'a statically linked program')
    .option('--target <path>', 'where the program goes in the image (default: / and its name)')
    .option('--with-libs', 'take the libraries of this host along that the program needs')
    .option('--rootfs <file>', 'a folder, or a tar archive in any compression')
    .option('--platform <platform>', 'linux/arm64, linux/arm/v7 (default: what the programs are for)', parsePlatform)
    .addHelpText(
      'after',
      `
The same files and options make the same image. Its date is $SOURCE_DATE_EPOCH, or 1970. Of a folder, what belongs to
the user who runs lkit becomes root's.

Examples:
  lkit image create --binary ./hello --entrypoint /hello oci:hello:latest
  lkit image create --binary ./app --with-libs --expose 80 --user 1000 docker-archive:app.tar:app:1
  lkit image create --rootfs output/images/rootfs.tar --cmd /sbin/init docker://ghcr.io/me/board:1
  lkit image create --rootfs ./tree --label version=2 store:tree`,
    )
    .action(async (target: string, flags: CreateFlags, command: Command) => {
      if (flags.binary !== undefined && flags.rootfs !== undefined) {
        throw new LkitError('usage', '--binary and --rootfs are two ways to say what is in the image', {
          kind: 'input',
          hint: 'Give one of them; lkit image append adds to an image.',
        });
      }
      const { createImage } = await import('../../pkg/authoring/index.ts');
      const context = await authoringContext(globalFlags(command));
      const request = {
        ...configChanges(flags),
        binary: flags.binary,
        target: flags.target,
        withLibraries: flags.withLibs,
        rootfs: flags.rootfs,
        platform: flags.platform,
      };
      await writeTo(target, flags, command, () => createImage(request, context));
    });
}
