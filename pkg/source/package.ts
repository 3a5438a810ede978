import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Location } from '../errors/index.ts';
import type { StoredImage } from '../image/index.ts';
import { buildFileName, buildPackage, readBuildFile, recipeFileName } from '../package/index.ts';
import type { BuildSpec } from '../spec/index.ts';
import type { SourceContext } from './context.ts';
import { buildDockerfile } from './dockerfile.ts';
import { SourceError } from './error.ts';
import { packageBuild } from './package-dockerfile.ts';
import { unknownShipped } from './unknown-shipped.ts';

/** `pkg:NAME`: a package that comes with lkit. `at` is where the user wrote it, if in a file. */
export async function resolveShipped(
  name: string,
  at: Location | undefined,
  context: SourceContext,
): Promise<StoredImage> {
  const folder = path.join(context.packagesDir, name);
  const isName = /^[a-z0-9][a-z0-9._-]*$/i.test(name);
  if (isName && (await isPackage(folder))) return buildFolder(folder, at, context);
  const shipped = await shippedPackages(context.packagesDir);
  const { message, hint } = unknownShipped(name, shipped);
  throw new SourceError('unknown-package', message, { kind: 'input', at, hint });
}

/** Settings for a Dockerfile, apart from its folder. */
export type BuildSettings = Omit<BuildSpec, 'context'>;

/**
 * The image of a folder: of a package with a Debian recipe, which needs no engine, or with a Dockerfile, which does;
 * a Dockerfile needs no `build.yml` beside it.
 *
 * @param settings what the YAML says of the build; it comes before what `build.yml` says
 */
export async function buildFolder(
  folder: string,
  at: Location | undefined,
  context: SourceContext,
  settings: BuildSettings = {},
): Promise<StoredImage> {
  const [key] = Object.keys(settings);
  if (await exists(path.join(folder, recipeFileName))) {
    if (key === undefined) return buildPackage(folder, context.arch, context.packages);
    const message = `"${key}" has no meaning for ${folder}, which has a ${recipeFileName} and no Dockerfile`;
    throw new SourceError('bad-source', message, { kind: 'input', at });
  }
  const named = { text: folder, at };
  const { args = {}, ...others } = settings;
  if (await isPackage(folder)) {
    const build = packageBuild(folder, await readBuildFile(folder), context.arch);
    return buildDockerfile({ ...build, ...others, args: { ...build.args, ...args } }, named, context);
  }
  if (!(await exists(folder))) throw new SourceError('no-image', `there is no folder ${folder}`, { kind: 'input', at });
  if (key !== undefined || (await exists(path.join(folder, 'Dockerfile')))) {
    return buildDockerfile({ folder, args, ...others }, named, context);
  }
  const message = `${folder} is no package: it has neither a ${buildFileName} nor a Dockerfile`;
  throw new SourceError('no-image', message, { kind: 'input', at });
}

export function isPackage(folder: string): Promise<boolean> {
  return exists(path.join(folder, buildFileName));
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
