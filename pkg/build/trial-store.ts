import { copyFile, cp, link } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { debDigest, debianPackagesOf, type Digest, parseReference } from '../image/index.ts';
import { nameInStore } from '../registry/index.ts';
import { sourceOf } from '../source/index.ts';
import type { NamedImage } from '../spec/index.ts';
import { Store } from '../store/index.ts';
import type { ResolvedImage } from './resolve.ts';

/**
 * A store that has what came from elsewhere and nothing that lkit made: the images of registries, .deb files, and the
 * indexes that those were found in. Nothing is copied that a hard link will do for.
 *
 * @param images those of the system, which `from` has
 */
export async function openTrialStore(folder: string, from: Store, images: readonly ResolvedImage[]): Promise<Store> {
  const store = await Store.open(folder, { limits: from.limits });
  for (const name of ['state', path.join('records', 'debian')]) await copyFolder(name, from, store);
  for (const { image, stored } of images) {
    for (const each of debianPackagesOf(stored.manifest)) await share(debDigest(each), from, store);
    const { descriptor, manifest } = stored;
    const name = nameOf(image);
    if (name === undefined) continue;
    for (const { digest } of [descriptor, manifest.config, ...manifest.layers]) await share(digest, from, store);
    const top = name.digest === undefined ? await from.resolve(name.tag) : { digest: name.digest };
    if (top === undefined) continue;
    await share(top.digest, from, store);
    if ('mediaType' in top) await store.tag(name.tag, top);
  }
  return store;
}

/** Package indexes, and what packages they named, with the times that tell how old they are. */
async function copyFolder(name: string, from: Store, to: Store): Promise<void> {
  const source = path.join(from.directory, name);
  // apt's cache is of no use at another place.
  const filter = (file: string): boolean => !file.endsWith('.bin');
  try {
    await cp(source, path.join(to.directory, name), { recursive: true, preserveTimestamps: true, filter });
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** What the store calls an image of a registry, or the digest that the user calls it. */
function nameOf({
  text,
  build,
}: NamedImage): { readonly tag: string; readonly digest?: Digest | undefined } | undefined {
  const source = sourceOf(text);
  if (build !== undefined || source.kind !== 'registry') return undefined;
  const reference = parseReference(source.reference);
  return { tag: nameInStore(reference), digest: reference.digest };
}

async function share(digest: Digest, from: Store, to: Store): Promise<void> {
  if (!(await from.hasBlob(digest)) || (await to.hasBlob(digest))) return;
  const [source, target] = [from.blobPath(digest), to.blobPath(digest)];
  await link(source, target).catch(() => copyFile(source, target));
}
