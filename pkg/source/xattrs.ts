import type { BytePath } from '../archive/index.ts';
import { findTool, runTool } from '../host/index.ts';
import type { Reporter } from '../report/index.ts';

export type Xattrs = ReadonlyMap<BytePath, ReadonlyMap<string, Buffer>>;

/**
 * The extended attributes of all files below a folder that belong into an image, by path. Node cannot read them; where
 * the host's `getfattr` is missing, this says so and finds none.
 */
export async function readXattrs(folder: string, reporter: Reporter): Promise<Xattrs> {
  if ((await findTool('getfattr')) === undefined) {
    reporter.warn(
      `${folder}: extended attributes, such as file capabilities, are left out: getfattr is not installed (package attr)`,
    );
    return new Map();
  }
  // Without -P it would follow links out of the folder.
  const args = ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '--', '.'];
  const { stdout } = await runTool('getfattr', args, { cwd: folder, encoding: 'latin1' });
  return parseXattrs(stdout);
}

/**
 * What `getfattr -d -e hex` prints:
 *
 *     # file: bin/ping
 *     security.capability=0x0100000200200000
 *
 * A backslash and three octal digits stand for a byte of a name that would not be plain.
 */
export function parseXattrs(text: string): Xattrs {
  const found = new Map<BytePath, Map<string, Buffer>>();
  for (const block of text.split('\n\n')) {
    const [header = '', ...lines] = block.trimStart().split('\n');
    const path = unescapeOctal(/^# file: (.*)$/.exec(header)?.[1] ?? '').replace(/^\.(\/|$)/, '');
    const attributes = lines.flatMap((line) => {
      const [, name, hex] = /^([^=]+)=0x([0-9a-fA-F]*)$/.exec(line) ?? [];
      return name === undefined || hex === undefined ? [] : [[unescapeOctal(name), Buffer.from(hex, 'hex')] as const];
    });
    const kept = attributes.filter(([name]) => belongsIntoImage(name));
    if (kept.length > 0) found.set(path, new Map(kept));
  }
  return found;
}

/** What the host's own security modules and overlay mounts note says nothing about the image. */
function belongsIntoImage(name: string): boolean {
  if (/^(user|trusted)\.overlay\./.test(name)) return false;
  return name === 'security.capability' || /^(user|trusted)\./.test(name);
}

function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
