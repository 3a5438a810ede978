import path from 'node:path';
import { Command, Option } from 'commander';
import type { BuildOptions, LockedSystem } from '../../pkg/build/index.ts';
import { type KernelFormat, kernelFormats } from '../../pkg/kernel/format.ts';
import { parseSize } from '../../pkg/machine/size.ts';
import { type InitrdCompression, initrdCompressions } from '../../pkg/output/compression.ts';
import { type Layout, layoutKinds } from '../../pkg/plan/types.ts';
import type { NamedImage } from '../../pkg/spec/index.ts';
import { architectures, hostArchitecture, kernelFormatFor, ociArchitecture } from './arch.ts';
import { globalFlags, imageOptions, lkitVersion } from './context.ts';
import { addFormats, describeFormats, type FormatChoice, formatHelp } from './formats.ts';
import { addImageFlags, type ImageFlags, pullOptions } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { saveMemory } from './memory.ts';
import { readSources } from './sources.ts';

interface BuildFlags extends ImageFlags {
  readonly name?: string;
  readonly dir: string;
  readonly format: readonly FormatChoice[];
  readonly output?: string;
  readonly size?: number;
  readonly dataSize?: number;
  readonly firmware?: string;
  readonly arch: string;
  readonly kernelFormat: KernelFormat;
  readonly layout?: Layout;
  readonly compression?: InitrdCompression;
  readonly dryRun?: boolean;
  readonly locked?: string;
  readonly lock: boolean;
  readonly sbom?: boolean;
  readonly sbomInImage?: boolean;
  readonly checkReproducible?: boolean;
}

/** `lkit build FILE.yml`. */
export function buildCommand(): Command {
  return addImageFlags(new Command('build'))
    .description('build a bootable system from a YAML file')
    .usage('[options] <file...>')
    .argument('[file...]', 'YAML files or http(s) URLs, merged in order; - for standard input')
    .option('--name <name>', 'prefix of the files to write (default: the last YAML file’s name without .yml)')
    .option('--dir <dir>', 'folder to write to', '.')
    .option('-f, --format <formats>', 'what to write, separated by commas or repeated', addFormats, [])
    .option('-o, --output <file>', 'the file to write, for a format of one file; - for standard output')
    .option(
      '--size <size>',
      'size of disk images: 512M, 2G (default: what their content takes)',
      parseDiskSize('--size'),
    )
    .option('--data-size <size>', 'size of the data partition of sd (default: 1G)', parseDiskSize('--data-size'))
    .option('--firmware <image>', 'a Raspberry Pi’s firmware, for rpi3: rootfs:./folder, or an image as in the YAML')
    .addOption(
      new Option('--arch <arch>', 'architecture of the system').choices(architectures).default(hostArchitecture()),
    )
    .addOption(
      new Option(
        '--kernel-format <format>',
        'the form of an x86 kernel: elf for QEMU, bzimage for hyperkit and vfkit too',
      )
        .choices(kernelFormats)
        .default(kernelFormatFor(process), 'elf; bzimage on Macs with an Intel processor'),
    )
    .addOption(
      new Option('--layout <layout>', 'how the initrd holds the images (default: what the init image can)').choices(
        layoutKinds,
      ),
    )
    .addOption(
      new Option('--compression <kind>', 'how a flat initrd is compressed (default: gzip)').choices(initrdCompressions),
    )
    .option('--locked <file>', 'use exactly the images that a lock file lists')
    .option('--no-lock', 'write no NAME.lock.json')
    .option('--sbom', 'write a bill of materials, NAME.spdx.json')
    .option('--sbom-in-image', 'write it, and put it into the image as well: /usr/share/sbom/NAME.spdx.json')
    .option('--check-reproducible', 'build twice from nothing, compare every byte, and write nothing')
    .option('--dry-run', 'print the merged YAML, each image with its digest, and write nothing')
    .addHelpText(
      'after',
      `
Formats (lkit build --format help says more):
${formatHelp}

Layouts:
  packed          each image as a squashfs file, mounted at boot (pkg:init)
  flat            every file where it will be, as LinuxKit's init images expect; --compression zstd is smaller and
                  faster to build and boot, for kernels with CONFIG_RD_ZSTD (Debian's has it)

Beside them, NAME.lock.json says what the system was built from (docs/cache.md), and with --sbom
NAME.spdx.json lists every image and package in it (docs/supply-chain.md). With -o FILE, NAME.spdx.json is beside FILE.

Examples:
  lkit build minimal.yml
  lkit build --dir out --name demo base.yml my-services.yml
  lkit build --arch arm64 minimal.yml
  lkit build --format iso-efi,raw-bios minimal.yml
  lkit build --format tar -o - minimal.yml | tar -t
  lkit build --locked minimal.lock.json minimal.yml
  lkit build --sbom minimal.yml
  lkit build --check-reproducible minimal.yml`,
    )
    .action(async (files: readonly string[], flags: BuildFlags, command: Command) => {
      const formats = flags.format.filter((format) => format !== 'help');
      if (formats.length < flags.format.length) {
        process.stdout.write(describeFormats());
        return;
      }
      if (files.length === 0) command.error("error: missing required argument 'file'");
      const all = globalFlags(command);
      const { build, lockFileName, resolvedYaml } = await import('../../pkg/build/index.ts');
      const { parseAndReport } = await import('./diagnostics.ts');
      const sources = await readSources(files, flags);
      const spec = await parseAndReport(sources, all.quiet ?? false);
      const root = sources[0]?.baseDir ?? process.cwd();
      const locked = flags.locked === undefined ? undefined : await readLocked(flags.locked, root);
      const images = await imageOptions(all);
      // Other formats are made of whole images each time.
      if (formats.some((format) => format !== 'kernel+initrd')) saveMemory();
      const options = { ...images, ...pullOptions(flags), arch: ociArchitecture(flags.arch), locked };
      if (flags.dryRun === true) {
        process.stdout.write(await resolvedYaml(spec, options));
        return;
      }
      const name = flags.name ?? defaultName(files);
      const dir = path.resolve(flags.dir);
      const inImage = flags.sbomInImage === true;
      const sbom = inImage || flags.sbom === true ? { tool: `lkit-${lkitVersion()}`, root, inImage } : undefined;
      const { layout, compression, kernelFormat, size: diskBytes, dataSize: dataBytes } = flags;
      const firmware = flags.firmware === undefined ? undefined : imageOnCommandLine(flags.firmware);
      const system = {
        ...options,
        ...{ spec, layout, compression, kernelFormat, name, sbom, diskBytes, dataBytes, firmware },
        formats: formats.length > 0 ? formats : (['kernel+initrd'] as const),
      };
      if (flags.checkReproducible === true) {
        const { checkAndTell } = await import('./reproducible.ts');
        process.stdout.write(await abortOnInterrupt((signal) => checkAndTell({ ...system, signal }, root)));
        return;
      }
      const output = outputOf(flags.output);
      const writesLock = flags.lock && locked === undefined && typeof output !== 'object';
      const lock = writesLock ? { file: path.join(dir, lockFileName(name)), root } : undefined;
      const written = await abortOnInterrupt((signal) => build({ ...system, dir, output, lock, signal }));
      for (const file of written) options.reporter.info(`wrote ${path.relative(process.cwd(), file)}`);
    });
}

async function readLocked(file: string, root: string): Promise<LockedSystem> {
  const { readLock } = await import('../../pkg/lock/index.ts');
  return { lock: await readLock(file), file: path.resolve(file), root };
}

function outputOf(file: string | undefined): BuildOptions['output'] {
  if (file === '-') return process.stdout;
  return file === undefined ? undefined : path.resolve(file);
}

function parseDiskSize(flag: string): (text: string) => number {
  return (text) => parseSize(text, 'M', flag) * 1024 * 1024;
}

function imageOnCommandLine(text: string): NamedImage {
  return { text, baseDir: process.cwd() };
}

/** LinuxKit's rule: the base name of the last file; `moby` for standard input. */
function defaultName(files: readonly string[]): string {
  const last = files.at(-1) ?? '-';
  return last === '-' ? 'moby' : path.basename(last).replace(/\.ya?ml$/, '');
}
