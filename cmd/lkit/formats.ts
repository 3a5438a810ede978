import { didYouMean, LkitError } from '../../pkg/errors/index.ts';
import {
  factsOf,
  type Format,
  formatAliases,
  formatNames,
  type FormatFacts,
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

/** What `--format help` prints: a line for each format, with the packages of the programs that it takes. */
export function describeFormats(): string {
  const rows = formatNames.map((name) => {
    const { summary, files, on } = factsOf(name);
    return [name, Object.keys(on).join(' '), files.map((suffix) => `NAME${suffix}`).join(' '), needsOf(on), summary];
  });
  return formatTable([['FORMAT', 'FOR', 'WRITES', 'NEEDS', ''], ...rows]);
}

/** Debian's packages of the programs; with the architecture, where not all of the format's take one. */
function needsOf(on: FormatFacts['on']): string {
  const all = Object.entries(on).map(([arch, { tools: names }]) => {
    return { arch, packages: new Set(names.map((name) => tools[name].packages.apt ?? name)) };
  });
  const needs = [...new Set(all.flatMap(({ packages }) => [...packages]))].map((name) => {
    const by = all.filter(({ packages }) => packages.has(name)).map(({ arch }) => arch);
    return by.length === all.length ? name : `${name} (${by.join(', ')})`;
  });
  return needs.join(', ') || '-';
}
