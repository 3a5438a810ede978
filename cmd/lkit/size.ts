import { Command, Option } from 'commander';
import type { SizedPart, SystemSize } from '../../pkg/build/index.ts';
import { type Layout, layoutKinds } from '../../pkg/plan/types.ts';
import { formatBytes } from '../../pkg/report/index.ts';
import { architectures, hostArchitecture, ociArchitecture } from './arch.ts';
import { globalFlags, imageOptions } from './context.ts';
import { addImageFlags, type ImageFlags, pullOptions } from './image-flags.ts';
import { abortOnInterrupt } from './interrupt.ts';
import { readSources } from './sources.ts';
import { formatTable } from './table.ts';

interface SizeFlags extends ImageFlags {
  readonly arch: string;
  readonly layout?: Layout;
  readonly json?: boolean;
}

/** `lkit size FILE.yml`. */
export function sizeCommand(): Command {
  return addImageFlags(new Command('size'))
    .description('show what takes how much of a system’s initrd')
    .argument('<file...>', 'YAML files or http(s) URLs, merged in order; - for standard input')
    .addOption(
      new Option('--arch <arch>', 'architecture of the system').choices(architectures).default(hostArchitecture()),
    )
    .addOption(
      new Option('--layout <layout>', 'how the initrd holds the images (default: what the init image can)').choices(
        layoutKinds,
      ),
    )
    .option('--json', 'everything that is known, for programs')
    .addHelpText(
      'after',
      `
The first table has the parts of the initrd in their order, the second one the layers of each image as
they were got, the third one contents that several images bring along. What has not been packed yet
is packed; no system is written.

Examples:
  lkit size minimal.yml
  lkit size --layout flat minimal.yml
  lkit size --json minimal.yml | jq '.parts | max_by(.size)'`,
    )
    .action(async (files: readonly string[], flags: SizeFlags, command: Command) => {
      const all = globalFlags(command);
      const { measureSystem } = await import('../../pkg/build/index.ts');
      const { parseAndReport } = await import('./diagnostics.ts');
      const spec = await parseAndReport(await readSources(files, flags), all.quiet ?? false);
      const images = await imageOptions(all);
      const size = await abortOnInterrupt((signal) =>
        measureSystem({
          ...images,
          ...pullOptions(flags),
          arch: ociArchitecture(flags.arch),
          spec,
          layout: flags.layout,
          signal,
        }),
      );
      process.stdout.write(flags.json === true ? `${JSON.stringify(size, null, 2)}\n` : printTables(size));
    });
}

/** As many as fit on a screen; `--json` has all. */
const shownDuplicates = 10;

function printTables({ size, parts, images, duplicates, duplicatedBytes }: SystemSize): string {
  const percent = (part: number): string => `${((part / size) * 100).toFixed(1)} %`;
  const partRows = parts.map((part) => [
    part.kind,
    imagesOf(part),
    usersOf(part),
    formatBytes(part.size),
    percent(part.size),
  ]);
  const layerRows = images.flatMap(({ name, layers }) =>
    layers.map((layer, index) => [
      index === 0 ? name : '',
      layer.digest.slice(0, 'sha256:'.length + 12),
      formatBytes(layer.size),
    ]),
  );
  const duplicateRows = duplicates
    .slice(0, shownDuplicates)
    .map(({ size: bytes, files }) => [
      formatBytes(bytes),
      files.map(({ image, path }) => `${image}:/${path}`).join(', '),
    ]);
  const sum = `${formatBytes(duplicatedBytes)} of unpacked files would be saved if each content were in one image only.\n`;
  return [
    formatTable([
      ['PART', 'IMAGE', 'USED BY', 'SIZE', 'SHARE'],
      ...partRows,
      ['initrd', '', '', formatBytes(size), ''],
    ]),
    formatTable([['IMAGE', 'LAYER', 'SIZE'], ...layerRows]),
    ...(duplicates.length === 0 ? [] : [`${formatTable([['SIZE', 'IN SEVERAL IMAGES'], ...duplicateRows])}${sum}`]),
  ].join('\n');
}

function imagesOf({ images }: SizedPart): string {
  return images.length === 0 ? '-' : images.map(({ name }) => name).join(', ');
}

function usersOf({ kind, images }: SizedPart): string {
  return kind === 'tree' || kind === 'layout' ? images.flatMap(({ usedBy }) => usedBy).join(', ') : '-';
}
