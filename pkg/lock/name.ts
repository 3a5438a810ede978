import path from 'node:path';
import type { NamedImage } from '../spec/index.ts';

const pathPrefix = /^(@?pkg:|oci:|oci-archive:|docker-archive:|rootfs:)/;
const isPath = (text: string): boolean => /^(\/|\.\.?(\/|$))/.test(text);

/**
 * What a lock calls an image. Paths are written relative to `root`, the folder of the first YAML file, so that a lock
 * says the same wherever the project is, and two YAML files in different folders may both mean `./base`.
 */
export function lockName({ text, baseDir, build }: NamedImage, root: string): string {
  if (build !== undefined) {
    const { context, ...rest } = build;
    const keys = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(sorted(rest))}`;
    return `build:${relative(context, baseDir, root)}${keys}`;
  }
  const [prefix = ''] = pathPrefix.exec(text) ?? [];
  const rest = text.slice(prefix.length);
  // Without a path in front, `pkg:` is followed by the name of a package of lkit's own, and other texts are references.
  const named = prefix === '' || prefix === 'pkg:';
  if (named && !isPath(rest)) return text;
  const colon = prefix === '' || prefix.endsWith('pkg:') || prefix === 'rootfs:' ? -1 : rest.indexOf(':');
  const [file, ref] = colon < 0 ? [rest, ''] : [rest.slice(0, colon), rest.slice(colon)];
  return `${prefix}${relative(file, baseDir, root)}${ref}`;
}

function relative(file: string, baseDir: string, root: string): string {
  if (file.startsWith('~/')) return file;
  const found = path.relative(root, path.resolve(baseDir, file)).split(path.sep).join('/');
  return found === '' ? '.' : found.startsWith('.') ? found : `./${found}`;
}

function sorted(value: object): object {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, each]) => [key, typeof each === 'object' && each !== null ? sorted(each as object) : each]),
  );
}
