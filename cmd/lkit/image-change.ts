import { Command } from 'commander';
import { globalFlags } from './context.ts';
import {
  addConfigFlags,
  addSourceFlags,
  authoringContext,
  type ConfigFlags,
  configChanges,
  getImage,
  type SourceFlags,
  writeTo,
} from './image-context.ts';

/** The commands that write an image made of another: `config`, `append`, `copy`. */
export function changeCommands(): readonly Command[] {
  return [configCommand(), appendCommand(), copyCommand()];
}

function withImages(command: Command): Command {
  return addSourceFlags(command)
    .argument('<image>', 'as a YAML file names it')
    .argument('<target>', 'where to write the result, such as oci:hello:2');
}

function configCommand(): Command {
  return withImages(addConfigFlags(new Command('config')))
    .description('change how an image runs, and leave its layers as they are')
    .addHelpText('after', '\nExamples:\n  lkit image config --env LANG=C --user 1000 alpine:3.20 oci:mine:latest')
    .action(async (text: string, target: string, flags: SourceFlags & ConfigFlags, command: Command) => {
      const { reconfigure } = await import('../../pkg/authoring/index.ts');
      const context = await authoringContext(globalFlags(command));
      await writeTo(target, flags, command, async () =>
        reconfigure(await getImage(text, flags, command), configChanges(flags), context),
      );
    });
}

interface AppendFlags extends SourceFlags {
  readonly layer: string;
  readonly at: string;
  readonly force?: boolean;
}

function appendCommand(): Command {
  return withImages(new Command('append'))
    .description('put a folder or an archive on top of an image, as a layer')
    .requiredOption('--layer <file>', 'a folder, or a tar archive in any compression')
    .option('--at <path>', 'where in the image it goes', '/')
    .option('--force', 'write over what is there')
    .addHelpText('after', '\nExamples:\n  lkit image append --layer ./site --at /srv alpine:3.20 oci-archive:site.tar')
    .action(async (text: string, target: string, flags: AppendFlags, command: Command) => {
      const { appendLayer } = await import('../../pkg/authoring/index.ts');
      const context = await authoringContext(globalFlags(command));
      await writeTo(target, flags, command, async () =>
        appendLayer(await getImage(text, flags, command), { file: flags.layer, folder: flags.at }, context),
      );
    });
}

function copyCommand(): Command {
  return withImages(new Command('copy'))
    .description('copy an image from anywhere to anywhere')
    .option('--force', 'write over what is there')
    .addHelpText(
      'after',
      '\nExamples:\n  lkit image copy alpine:3.20 oci-archive:alpine.tar\n  lkit image copy oci:hello docker-daemon:hello:latest',
    )
    .action(
      async (text: string, target: string, flags: SourceFlags & { readonly force?: boolean }, command: Command) => {
        await writeTo(target, flags, command, () => getImage(text, flags, command));
      },
    );
}
