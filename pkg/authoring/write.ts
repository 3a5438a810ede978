import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type EngineProvider, loadImage } from '../engine/index.ts';
import { isErrno } from '../errors/index.ts';
import { dockerArchive, ociArchive, writeOciLayout } from '../exchange/index.ts';
import { formatReference, parseReference, type StoredImage } from '../image/index.ts';
import { nameInStore, pushImage, RegistryClient, type RegistryOptions } from '../registry/index.ts';
import type { Reporter } from '../report/index.ts';
import { compressedImage, type Store } from '../store/index.ts';
import { AuthoringError, exists } from './error.ts';
import type { Target } from './target.ts';

export interface WriteContext {
  readonly store: Store;
  readonly reporter: Reporter;
  readonly engine: EngineProvider;
  readonly registry?: RegistryOptions | undefined;
  /** Write over what is there. */
  readonly force: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes an image of the store to where it was asked for: all of it, or nothing.
 *
 * @throws {AuthoringError} `exists`; {RegistryError}, {EngineError}, {ImageError} `invalid-reference`
 */
export async function writeImage(image: StoredImage, target: Target, context: WriteContext): Promise<void> {
  const { store, reporter, signal } = context;
  switch (target.kind) {
    case 'oci':
      return writeOciLayout(store, image, target.path, { name: target.name, replace: context.force });
    case 'oci-archive':
    case 'docker-archive': {
      const write = target.kind === 'oci-archive' ? ociArchive : dockerArchive;
      return writeFile(target.path, write(store, [{ image, names: namesOf(target.name) }]), context);
    }
    case 'docker-daemon':
      return loadImage(await context.engine(), dockerArchive(store, [{ image, names: [target.name] }]), signal);
    case 'registry': {
      const client = new RegistryClient(context.registry);
      const reference = parseReference(target.name);
      await pushImage(await compressedImage(store, image), reference, { client, store, reporter, signal });
      return;
    }
    case 'store':
      return store.tag(nameInStore(parseReference(target.name)), image.descriptor);
  }
}

function namesOf(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name.includes('/') ? formatReference(parseReference(name)) : name];
}

async function writeFile(file: string, bytes: AsyncGenerator<Buffer>, { force, signal }: WriteContext): Promise<void> {
  if (!force && (await stat(file).catch(() => undefined)) !== undefined) throw exists(file);
  const aside = `${file}.${process.pid}.tmp`;
  try {
    await pipeline(bytes, createWriteStream(aside), signal ? { signal } : {});
    await rename(aside, file);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new AuthoringError('bad-target', `cannot write ${file}: ${error.message}`, { cause: error });
  } finally {
    await rm(aside, { force: true });
  }
}
