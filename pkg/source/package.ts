import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { didYouMean, type Location } from '../errors/index.ts';
import type { StoredImage } from '../image/index.ts';
import { buildPackage } from '../package/index.ts';
import type { SourceContext } from './context.ts';
import { SourceError } from './error.ts';

/** `pkg:NAME`: a package that comes with lkit. `at` is where the user wrote it, if in a file. */
export async function resolveShipped(
  name: string,
  at: Location | undefined,
  context: SourceContext,
): Promise<StoredImage> {
  const folder = path.join(context.packagesDir, name);
  const isName = /^[a-z0-9][a-z0-9._-]*$/i.test(name);
  if (isName && (await isPackage(folder))) return buildPackage(folder, context.arch, context.packages);
  const shipped = await shippedPackages(context.packagesDir);
  throw new SourceError('unknown-package', `lkit has no package "${name}"${didYouMean(name, shipped)}`, {
    kind: 'input',
    at,
    hint: `It has ${shipped.join(', ')}. A package of your own is written as pkg:./folder.`,
  });
}

/** The image of a package's folder. */
export async function buildFolder(
  folder: string,
  at: Location | undefined,
  context: SourceContext,
): Promise<StoredImage> {
  if (await isPackage(folder)) return buildPackage(folder, context.arch, context.packages);
  const what = (await exists(folder)) ? `${folder} is no package: it has no build.yml` : `there is no folder ${folder}`;
  throw new SourceError('no-image', what, { kind: 'input', at });
}

export function isPackage(folder: string): Promise<boolean> {
  return exists(path.join(folder, 'build.yml'));
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Names of the packages that lkit ships, sorted. */
export async function shippedPackages(packagesDir: string): Promise<readonly string[]> {
  const names = await readdir(packagesDir).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => ((await isPackage(path.join(packagesDir, name))) ? [name] : [])),
  );
  return found.flat().sort();
}
