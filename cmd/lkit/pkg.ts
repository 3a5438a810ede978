import { Command, Option } from 'commander';
import { architectures, hostArchitecture, ociArchitecture } from './arch.ts';
import { globalFlags, imageOptions } from './context.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { addLimitFlag } from './numbers.ts';

interface PkgBuildFlags {
  readonly arch: string;
  readonly pull?: boolean;
}

/** `lkit pkg`: the images that are made from folders with a build.yml. */
export function pkgCommand(): Command {
  return new Command('pkg').description('make images from package folders').addCommand(pkgBuildCommand());
}

function pkgBuildCommand(): Command {
  return addLimitFlag(new Command('build'))
    .description(
      'build packages: names of those that come with lkit, or folders with a build.yml; all of lkit’s without a name',
    )
    .argument('[package...]')
    .addOption(
      new Option('--arch <arch>', 'architecture to build for').choices(architectures).default(hostArchitecture()),
    )
    .option('--pull', 'build anew, with the newest Debian packages')
    .addHelpText(
      'after',
      `
Examples:
  lkit pkg build                    builds everything that lkit ships
  lkit pkg build kernel init        builds two of them
  lkit pkg build ./my-package       builds a folder of yours`,
    )
    .action(async (names: readonly string[], flags: PkgBuildFlags, command: Command) => {
      const { buildPackages, packagesFor } = await import('../../pkg/build/index.ts');
      const options = await imageOptions(globalFlags(command));
      const arch = ociArchitecture(flags.arch);
      const packages = names.length > 0 ? names : await packagesFor(options.packagesDir, arch);
      const refresh = flags.pull ?? false;
      const built = await abortOnInterrupt((signal) => buildPackages({ ...options, packages, arch, refresh, signal }));
      for (const { name, digest } of built) console.log(`${name} ${digest}`);
    });
}
