import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { didYouMean } from '../errors/index.ts';
import type { BootMedium } from './boot-medium.ts';
import { badInput, type MachineError } from './error.ts';

/** What a kernel's system is in: the end of the file's name. */
const roots = ['-initrd.img', '-squashfs.img', '-erofs.img', '-root.iso'];

/** The prefixes for which a folder holds a whole image, sorted. */
export async function listImages(folder: string): Promise<readonly string[]> {
  const names = new Set(await readdir(folder).catch(() => []));
  return [...names]
    .filter((file) => file.endsWith('-kernel'))
    .map((file) => file.slice(0, -'-kernel'.length))
    .filter((name) => name !== '' && names.has(`${name}-cmdline`))
    .filter((name) => roots.some((suffix) => names.has(name + suffix)))
    .sort();
}

/**
 * The folder's only image.
 *
 * @throws {MachineError} `no-image` or `several-images`
 */
export async function onlyImage(folder: string): Promise<string> {
  const [first, ...others] = await listImages(folder);
  if (first === undefined) {
    throw badInput('no-image', `there is no image in ${folder}`, 'Build one first: lkit build NAME.yml');
  }
  if (others.length === 0) return first;
  const all = [first, ...others].join(', ');
  throw badInput('several-images', `which image? ${folder} has ${all}`, `Name one: lkit run ${first}`);
}

export function severalMedia(prefix: string, media: readonly BootMedium[]): MachineError {
  const names = media.map(({ boot }) => path.basename(boot.file));
  const hint = `Name one with its extension: lkit run ${names[0] ?? ''}`;
  return badInput('several-images', `which image? For ${path.basename(prefix)} there are ${names.join(', ')}`, hint);
}

export function isoNotFound(name: string): MachineError {
  return badInput('no-image', `there is no ISO image ${name}`, 'Without -iso, lkit looks for every kind of image.');
}

/** What was looked for, and what of it is not there. Paths are absolute; `all` counts the files of a whole image. */
export interface MissingImage {
  readonly name: string;
  readonly prefix: string;
  readonly folder: string;
  readonly missing: readonly string[];
  readonly all: number;
}

export async function imageNotFound(image: MissingImage): Promise<MachineError> {
  const { name, prefix, folder, missing, all } = image;
  const files = missing.map((file) => (path.isAbsolute(name) ? file : path.relative(folder, file))).join(', no ');
  if (/\.ya?ml$/.test(name)) {
    const built = path.basename(name).replace(/\.ya?ml$/, '');
    const hint = `Build it, then run what was built: lkit build ${name} && lkit run ${built}`;
    return badInput('no-image', `${name} is the description of an image, not an image`, hint);
  }
  const hint = `Build it: lkit build ${name}.yml`;
  if (missing.length < all) {
    const again = `Build it again: lkit build ${name}.yml`;
    return badInput('no-image', `the image ${name} is not complete: there is no ${files}`, again);
  }
  const near = didYouMean(path.basename(prefix), await listImages(path.dirname(prefix)));
  return badInput('no-image', `there is no image ${name}${near}: no ${files}`, hint);
}
