import { stat } from 'node:fs/promises';
import path from 'node:path';
import { parseReference, type StoredImage } from '../image/index.ts';
import type { BuildSpec, ImageSpec } from '../spec/index.ts';
import { pathOf, type SourceContext } from './context.ts';
import { SourceError } from './error.ts';
import { copyFromLayout } from './oci-layout.ts';
import { buildFolder, isPackage, resolveShipped } from './package.ts';
import { sourceOf } from './source.ts';

/**
 * Gets an image that the user named into the store, whole and verified. Calls may run side by side.
 *
 * @throws {SourceError}, {PackageError}, {StoreError}
 */
export async function resolveImage(image: ImageSpec, context: SourceContext): Promise<StoredImage> {
  if (image.text.trim() === '') {
    throw new SourceError('bad-source', 'the name of an image is empty', { kind: 'input', at: image.at });
  }
  if (image.build) return resolveBuild(image.build, image, context);
  const source = sourceOf(image.text);
  switch (source.kind) {
    case 'shipped':
      return resolveShipped(source.name, image.at, context);
    case 'folder':
      return buildFolder(pathOf(source.path, image, context), image.at, context);
    case 'path':
      return resolvePath(pathOf(source.path, image, context), image, context);
    case 'oci':
      return copyFromLayout(pathOf(source.path, image, context), source.ref, image, context);
    case 'oci-archive':
    case 'docker-archive':
    case 'rootfs':
    case 'docker-daemon':
      throw unsupported(image, `"${source.kind}:" images are`);
    case 'registry':
      parseReference(source.reference, image.at);
      throw unsupported(image, 'images from a registry are');
  }
}

/** `build:` in place of an image's name. */
function resolveBuild(build: BuildSpec, image: ImageSpec, context: SourceContext): Promise<StoredImage> {
  const { context: folder, ...engineKeys } = build;
  const [key] = Object.keys(engineKeys);
  if (key !== undefined) throw unsupported(image, `builds with "${key}" are`);
  return buildFolder(pathOf(folder, image, context), image.at, context);
}

/** A path says nothing of what it is: a package has a build.yml, a layout its index. */
async function resolvePath(file: string, image: ImageSpec, context: SourceContext): Promise<StoredImage> {
  if (await isPackage(file)) return buildFolder(file, image.at, context);
  if (await isFile(path.join(file, 'oci-layout'))) return copyFromLayout(file, undefined, image, context);
  if (await isFile(file)) throw unsupported(image, 'image archives are');
  throw new SourceError('no-image', `${file} is neither a package (with build.yml) nor an OCI image layout`, {
    kind: 'input',
    at: image.at,
  });
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function unsupported({ text, at }: ImageSpec, what: string): SourceError {
  return new SourceError('unsupported-source', `cannot get "${text}": ${what} not supported yet`, {
    kind: 'input',
    at,
    hint: 'Supported are pkg:NAME, pkg:./folder, oci:folder[:name] and ./folder.',
  });
}
