import { findTool, installHint, packageManager, type ToolName, tools } from '../../host/index.ts';
import type { Architecture } from '../../image/index.ts';
import { OutputError } from '../aside.ts';
import { factsOf, type Format, formatNames, type FormatNeeds } from './catalog.ts';

/**
 * Checks that every format exists for the architecture and that this host has what they take, before any work.
 *
 * @throws {OutputError} `no-such-format`, `missing-tools` naming all of them
 */
export async function requireFormats(formats: readonly Format[], arch: Architecture): Promise<void> {
  const needs = formats.map((format) => ({ format, ...needsOf(format, arch) }));
  const missing = await missingTools(needs.flatMap((each) => each.tools));
  if (missing.length === 0) return;
  const lines = missing.map((tool) => {
    const users = needs.filter((each) => each.tools.includes(tool)).map(({ format }) => format);
    return `\n    ${tool} (it ${tools[tool].purpose}; for ${users.join(', ')})`;
  });
  throw new OutputError('missing-tools', `these programs are not installed on this machine:${lines.join('')}`, {
    hint: installHint(missing, await packageManager(process.env['PATH'])),
  });
}

/** @throws {OutputError} `no-such-format` */
export function needsOf(format: Format, arch: Architecture): FormatNeeds {
  const { on } = factsOf(format);
  const needs = on[arch];
  if (needs !== undefined) return needs;
  const there = formatNames.filter((name) => factsOf(name).on[arch] !== undefined);
  throw new OutputError(
    'no-such-format',
    `there is no ${format} for ${arch}, only for ${Object.keys(on).join(' and ')}`,
    {
      kind: 'input',
      hint: `For ${arch} there are: ${there.join(', ')}.`,
    },
  );
}

/** Those that this host lacks, each once. */
export async function missingTools(names: readonly ToolName[]): Promise<readonly ToolName[]> {
  const found = await Promise.all([...new Set(names)].map(async (name) => ({ name, file: await findTool(name) })));
  return found.filter(({ file }) => file === undefined).map(({ name }) => name);
}
