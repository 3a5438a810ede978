import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LkitError } from '../errors/index.ts';
import { type Lock, lockKey, readLock } from '../lock/index.ts';
import { compareFiles, type Difference, requireFormats, requireOutput } from '../output/index.ts';
import { build, type BuildOptions } from './build.ts';
import { formatImages, outputImages } from './format-images.ts';
import { lockFileName } from './record.ts';
import { resolveImages } from './resolve.ts';
import { openTrialStore } from './trial-store.ts';

/** Two builds of the same inputs did not give the same bytes. */
export class ReproducibilityError extends LkitError<'not-reproducible'> {}

export interface ReproduceOptions extends Omit<BuildOptions, 'dir' | 'lock' | 'output'> {
  /** The folder that paths in locks are relative to: that of the first YAML file. */
  readonly root: string;
  /** Changes what must not matter before each build: the time zone, the permissions of new files. */
  readonly vary: (build: 0 | 1) => void;
}

/**
 * Builds a system twice from nothing, in folders of their own and at different times, and compares every file. What is
 * downloaded is shared; whatever lkit makes is made anew.
 *
 * @returns the names of the files, which are identical
 * @throws {ReproducibilityError} with the first difference
 */
export async function checkReproducible(options: ReproduceOptions): Promise<readonly string[]> {
  const { store, spec, formats, arch, firmware } = options;
  requireOutput(options);
  await requireFormats(formats, arch);
  const others = outputImages(formatImages(formats, arch), firmware);
  // Here, everything is downloaded that was not there yet.
  const { all } = await resolveImages(spec, options, others);
  const pull = options.pull === 'never' ? 'never' : 'missing';
  return await store.withTemporaryFolder(async (temporary) => {
    const folders = ['one', 'another-folder'].map((name) => path.join(temporary, name)) as [string, string];
    for (const [number, folder] of folders.entries()) {
      options.vary(number === 0 ? 0 : 1);
      const trial = await openTrialStore(folder, store, all);
      const dir = path.join(folder, 'out');
      const lock = { file: path.join(dir, lockFileName(options.name)), root: options.root };
      await build({ ...options, refresh: false, pull, store: trial, dir, lock });
      // Clocks of files and archives count whole seconds.
      if (number === 0) await setTimeout(secondMs, undefined, { signal: options.signal });
    }
    return await compareFolders(path.join(folders[0], 'out'), path.join(folders[1], 'out'), options.name);
  });
}

const secondMs = 1100;

async function compareFolders(one: string, other: string, name: string): Promise<readonly string[]> {
  const [files, others] = [(await readdir(one)).sort(), (await readdir(other)).sort()];
  const odd = [...files.filter((file) => !others.includes(file)), ...others.filter((file) => !files.includes(file))];
  if (odd.length > 0) throw new ReproducibilityError('not-reproducible', `one of two builds lacks ${odd.join(', ')}`);
  for (const file of files) {
    const difference = await compareFiles(path.join(one, file), path.join(other, file));
    if (difference === undefined) continue;
    const lock = lockFileName(name);
    const images = differingImages(await readLock(path.join(one, lock)), await readLock(path.join(other, lock)));
    const lines = [`two builds differ: ${describe(file, difference)}`, ...images];
    throw new ReproducibilityError('not-reproducible', lines.join('\n    '));
  }
  return files;
}

function describe(file: string, { offset, member }: Difference): string {
  const place = `${file} at byte ${offset}`;
  if (member === undefined) return place;
  const { name, offset: inside } = member;
  return `${place}, ${inside === undefined ? `in the header of ${name}` : `which is byte ${inside} of ${name} in it`}`;
}

/** Where an image differs, so does everything that it is in. */
function differingImages(one: Lock, other: Lock): readonly string[] {
  const digests = new Map(other.images.map((image) => [lockKey(image), image.digest]));
  return one.images
    .filter((image) => digests.get(lockKey(image)) !== image.digest)
    .map((image) => `image ${image.image}: ${image.digest} and ${digests.get(lockKey(image)) ?? 'none'}`);
}
