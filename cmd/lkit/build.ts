import path from 'node:path';
import { Command, Option } from 'commander';
import { didYouMean, LkitError } from '../../pkg/errors/index.ts';
import { type Format, formats } from '../../pkg/output/formats.ts';
import { architectures, hostArchitecture, ociArchitecture } from './arch.ts';
import { globalFlags, imageOptions } from './context.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { readSources } from './sources.ts';

interface BuildFlags {
  readonly name?: string;
  readonly dir: string;
  readonly format: readonly Format[];
  readonly arch: string;
  readonly pull?: boolean;
  readonly dryRun?: boolean;
}

/** `lkit build FILE.yml`. */
export function buildCommand(): Command {
  return new Command('build')
    .description('build a bootable system from a YAML file')
    .argument('<file...>', 'YAML files or http(s) URLs, merged in order; - for standard input')
    .option('--name <name>', 'prefix of the files to write (default: the last YAML file’s name without .yml)')
    .option('--dir <dir>', 'folder to write to', '.')
    .option('-f, --format <formats>', 'what to write, separated by commas or repeated', addFormats, [])
    .addOption(
      new Option('--arch <arch>', 'architecture of the system').choices(architectures).default(hostArchitecture()),
    )
    .option('--pull', 'build packages anew, with the newest Debian packages')
    .option('--dry-run', 'print the merged YAML, each image with its digest, and write nothing')
    .addHelpText(
      'after',
      `
Formats:
  kernel+initrd   NAME-kernel, NAME-initrd.img and NAME-cmdline (default)

Examples:
  lkit build minimal.yml
  lkit build --dir out --name demo base.yml my-services.yml
  lkit build --arch arm64 minimal.yml`,
    )
    .action(async (files: readonly string[], flags: BuildFlags, command: Command) => {
      const all = globalFlags(command);
      const { build, resolvedYaml } = await import('../../pkg/build/index.ts');
      const { parseAndReport } = await import('./diagnostics.ts');
      const spec = parseAndReport(await readSources(files), all.quiet ?? false);
      const options = { ...(await imageOptions(all)), arch: ociArchitecture(flags.arch), refresh: flags.pull ?? false };
      if (flags.dryRun === true) {
        process.stdout.write(await resolvedYaml(spec, options));
        return;
      }
      const written = await abortOnInterrupt((signal) =>
        build({
          ...options,
          spec,
          name: flags.name ?? defaultName(files),
          dir: path.resolve(flags.dir),
          formats: flags.format.length > 0 ? flags.format : ['kernel+initrd'],
          signal,
        }),
      );
      for (const file of written) options.reporter.info(`wrote ${path.relative(process.cwd(), file)}`);
    });
}

function addFormats(value: string, before: readonly Format[]): readonly Format[] {
  return [...before, ...value.split(',').map((name) => parseFormat(name.trim()))];
}

function parseFormat(name: string): Format {
  const format = formats.find((each) => each === name);
  if (format !== undefined) return format;
  throw new LkitError('unknown-format', `there is no format "${name}"${didYouMean(name, formats)}`, {
    kind: 'input',
    hint: `Formats: ${formats.join(', ')}.`,
  });
}

/** LinuxKit's rule: the base name of the last file; `moby` for standard input. */
function defaultName(files: readonly string[]): string {
  const last = files.at(-1) ?? '-';
  return last === '-' ? 'moby' : path.basename(last).replace(/\.ya?ml$/, '');
}
