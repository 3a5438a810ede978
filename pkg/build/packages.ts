import path from 'node:path';
import type { Digest } from '../image/index.ts';
import { readBuildFile } from '../package/index.ts';
import { buildFolder, resolveShipped, shippedPackages } from '../source/index.ts';
import { concurrently } from './concurrently.ts';
import { type ImageOptions, sourceContext } from './resolve.ts';

export interface PackagesOptions extends ImageOptions {
  /** Names of packages that come with lkit, or folders: what has a slash or a dot in front is a folder. */
  readonly packages: readonly string[];
}

export interface BuiltPackage {
  readonly name: string;
  /** The image's manifest. */
  readonly digest: Digest;
}

/** Builds packages into the store, two at a time. What has not changed is not built again. */
export async function buildPackages(options: PackagesOptions): Promise<readonly BuiltPackage[]> {
  const context = sourceContext(options);
  return await concurrently(options.packages, 2, async (name) => {
    const image = /^[./]/.test(name)
      ? await buildFolder(path.resolve(name), undefined, context)
      : await resolveShipped(name, undefined, context);
    return { name, digest: image.descriptor.digest };
  });
}

/** Names of those packages that come with lkit which there are for an architecture, sorted. */
export async function packagesFor(packagesDir: string, arch: string): Promise<readonly string[]> {
  const names = await shippedPackages(packagesDir);
  const files = await Promise.all(names.map((name) => readBuildFile(path.join(packagesDir, name))));
  return names.filter((_, index) => files[index]?.arches.some((each) => each === arch));
}
