import { didYouMean, LkitError } from '../../pkg/errors/index.ts';
import {
  factsOf,
  type Format,
  formatAliases,
  formatNames,
  type FormatNeeds,
} from '../../pkg/output/formats/catalog.ts';
import { tools } from '../../pkg/host/tools.ts';
import { formatTable } from './table.ts';

/** A format, or the wish to know them. */
export type FormatChoice = Format | 'help';

/** Adds the formats of one `--format` to those before it, each once, for Commander. */
export function addFormats(value: string, before: readonly FormatChoice[]): readonly FormatChoice[] {
  return [...new Set([...before, ...value.split(',').map((name) => parseFormat(name.trim()))])];
}

function parseFormat(name: string): FormatChoice {
  if (name === 'help') return name;
  const format = formatNames.find((each) => each === (formatAliases[name] ?? name));
  if (format !== undefined) return format;
  const names = [...formatNames, ...Object.keys(formatAliases)];
  throw new LkitError('unknown-format', `there is no format "${name}"${didYouMean(name, names)}`, {
    kind: 'input',
    hint: `Formats: ${formatNames.join(', ')}.`,
  });
}

/** A line for each format. */
export const formatHelp = formatTable(formatNames.map((name) => [`  ${name}`, factsOf(name).summary])).trimEnd();

/** What `--format help` prints: for each format its files, its architectures and the programs that it takes. */
export function describeFormats(): string {
  return formatNames
    .map((name) => {
      const { summary, files, initrd, on } = factsOf(name);
      const lines = [
        name,
        `  ${summary}`,
        `  writes: ${files.map((suffix) => `NAME${suffix}`).join(', ')}${initrd === undefined ? '' : `, and NAME${initrd} if the kernel needs one`}`,
        ...Object.entries(on).map(([arch, needs]) => `  ${arch}: ${describeNeeds(needs)}`),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('\n');
}

function describeNeeds({ tools: names }: FormatNeeds): string {
  const packages = [...new Set(names.map((name) => `${name} (${tools[name].packages.apt ?? ''})`))];
  return packages.length === 0 ? 'no other programs' : packages.join(', ');
}
