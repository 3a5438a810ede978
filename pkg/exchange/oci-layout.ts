import { constants } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Descriptor, StoredImage } from '../image/index.ts';
import { emptyIndex, findRef, readLayoutIndex, type Store, withRef, writeLayoutIndex } from '../store/index.ts';
import { ExchangeError } from './error.ts';
import { hexOf } from './members.ts';

export interface LayoutOptions {
  /** What the image is called in the layout. @default 'latest' */
  readonly name?: string | undefined;
  /** Give the name to this image where it names another one. */
  readonly replace: boolean;
}

/**
 * Puts an image into a folder that is an OCI image layout (image-spec, image-layout.md), made where there is none. Other
 * images in it stay. The index is written last, so that it never names what is not there.
 *
 * @throws {ExchangeError} `name-taken`, `not-a-layout`
 */
export async function writeOciLayout(
  store: Store,
  image: StoredImage,
  folder: string,
  { name = 'latest', replace }: LayoutOptions,
): Promise<void> {
  const isNew = (await stat(folder).catch(() => undefined)) === undefined;
  const index = isNew ? emptyIndex : await readIndex(folder);
  const taken = findRef(index, name);
  if (taken !== undefined && taken.digest !== image.descriptor.digest && !replace) {
    throw new ExchangeError('name-taken', `${folder} has another image called "${name}"`, {
      kind: 'input',
      hint: 'Take another name, or replace that one with --force.',
    });
  }
  try {
    const blobs = path.join(folder, 'blobs/sha256');
    await mkdir(blobs, { recursive: true });
    for (const blob of [image.descriptor, image.manifest.config, ...image.manifest.layers]) {
      await copyBlob(store, blob, blobs);
    }
    if (isNew) await writeFile(path.join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const { os, architecture, variant } = image.config;
    const platform = { os, architecture, ...(variant !== undefined && { variant }) };
    await writeLayoutIndex(folder, folder, withRef(index, name, { ...image.descriptor, platform }));
  } catch (error) {
    if (isNew) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function readIndex(folder: string): ReturnType<typeof readLayoutIndex> {
  const isLayout = (await stat(path.join(folder, 'oci-layout')).catch(() => undefined)) !== undefined;
  if (isLayout) return readLayoutIndex(folder);
  throw new ExchangeError('not-a-layout', `${folder} is there already, and is not an OCI image layout`, {
    kind: 'input',
    hint: 'Name a folder that does not exist yet.',
  });
}

async function copyBlob(store: Store, { digest, size }: Descriptor, folder: string): Promise<void> {
  const target = path.join(folder, hexOf(digest));
  if ((await stat(target).catch(() => undefined))?.size === size) return;
  const aside = `${target}.${process.pid}.tmp`;
  try {
    await copyFile(store.blobPath(digest), aside, constants.COPYFILE_FICLONE);
    await rename(aside, target);
  } finally {
    await rm(aside, { force: true });
  }
}
