import type { StoredImage } from '../image/index.ts';
import type { BuildSpec, NamedImage } from '../spec/index.ts';
import { importArchive } from './archive.ts';
import { pathOf, type SourceContext } from './context.ts';
import { findInEngine, importFromEngine } from './engine.ts';
import { SourceError } from './error.ts';
import { copyFromLayout } from './oci-layout.ts';
import { buildFolder, resolveShipped } from './package.ts';
import { kindOfPath } from './path-kind.ts';
import { resolveRegistry } from './registry.ts';
import { importRootfs } from './rootfs.ts';
import { sourceOf } from './source.ts';

/**
 * Gets an image that the user named into the store, whole and verified. Calls may run side by side.
 *
 * @throws {SourceError}, {PackageError}, {RegistryError}, {StoreError}
 */
export async function resolveImage(image: NamedImage, context: SourceContext): Promise<StoredImage> {
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
      return importArchive(source.kind, pathOf(source.path, image, context), source.ref, image, context);
    case 'rootfs':
      return importRootfs(pathOf(source.path, image, context), image, context);
    case 'docker-daemon':
      return importFromEngine(source.reference, image, context);
    case 'registry':
      return resolveNamed(source.reference, image, context);
  }
}

/** `build:` in place of an image's name. */
function resolveBuild(build: BuildSpec, image: NamedImage, context: SourceContext): Promise<StoredImage> {
  const { context: folder, ...settings } = build;
  return buildFolder(pathOf(folder, image, context), image.at, context, settings);
}

/** A path says nothing of what it is: what is there does. */
async function resolvePath(file: string, image: NamedImage, context: SourceContext): Promise<StoredImage> {
  const kind = await kindOfPath(file, image);
  switch (kind) {
    case 'package':
    case 'dockerfile':
      return buildFolder(file, image.at, context);
    case 'oci':
      return copyFromLayout(file, undefined, image, context);
    case 'oci-archive':
    case 'docker-archive':
      return importArchive(kind, file, undefined, image, context);
    case 'rootfs':
      return importRootfs(file, image, context);
  }
}

/** With `--docker`, what the engine has comes before what a registry has. */
async function resolveNamed(name: string, image: NamedImage, context: SourceContext): Promise<StoredImage> {
  const found = context.preferEngine === true ? await findInEngine(name, image, context) : undefined;
  return found ?? resolveRegistry(name, image, context);
}
