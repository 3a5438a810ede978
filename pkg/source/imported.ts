import path from 'node:path';
import type { Location } from '../errors/index.ts';
import { type Descriptor, ImageError, sha256, type StoredImage } from '../image/index.ts';
import type { Outcome } from '../report/index.ts';
import { type Store, StoreError } from '../store/index.ts';
import { SourceError } from './error.ts';

/** Counts up when the same input gives another image than before. */
const importVersion = 2;

/** Milliseconds to wait for another process that imports the same thing. */
const waitMs = 30 * 60 * 1000;

/** What an image is made of that was somewhere else before. */
export interface ImportKey {
  /** One word: `rootfs`. */
  readonly kind: string;
  /** A person's name for it, such as the file's. */
  readonly name: string;
  /** Everything that chooses it: the path, the name in the archive. Each has one image at a time. */
  readonly id: readonly string[];
  /** Something that changes whenever the input may have changed. Asked for again when all of it was read. */
  readonly identity: () => Promise<string>;
  /** OCI's name, perhaps with a variant: `arm/v7`. */
  readonly arch: string;
  /** Where the user named it. */
  readonly at?: Location | undefined;
}

export interface ImportedImage {
  readonly image: StoredImage;
  readonly outcome: Outcome;
}

/**
 * The image that was made of the same input before, or else the one that `make` makes, which the store then keeps under
 * a name of its own. Callers and processes that want the same one wait for each other.
 *
 * @param anew make it in any case
 * @throws {SourceError} `changing-source`; what `make` throws
 */
export async function importOnce(
  key: ImportKey,
  store: Store,
  make: () => Promise<Descriptor>,
  { anew = false }: { readonly anew?: boolean } = {},
): Promise<ImportedImage> {
  const { kind, name, id, arch, at } = key;
  const hex = sha256(JSON.stringify([kind, importVersion, id, arch])).slice('sha256:'.length, 'sha256:'.length + 32);
  const ref = `${kind}/${refWord(name)}:${hex}-${arch.replace('/', '-')}`;
  const identity = await key.identity();
  const find = async (): Promise<StoredImage | undefined> => {
    const record = (await store.readRecord('import', hex)) as ImportRecord | undefined;
    if (record?.identity !== identity) return undefined;
    const descriptor = await store.resolve(record.ref);
    return descriptor?.digest === record.digest ? intactImage(store, descriptor) : undefined;
  };
  const found = anew ? undefined : await find();
  if (found) return { image: found, outcome: 'cached' };
  return store.exclusively(`import-${hex}`, waitMs, async () => {
    const made = anew ? undefined : await find();
    if (made) return { image: made, outcome: 'cached' };
    const descriptor = await make();
    const image = await store.image(descriptor);
    if ((await key.identity()) !== identity) {
      const hint = 'Build again when nothing writes to it.';
      throw new SourceError('changing-source', `${name} was changed while it was read`, { at, hint });
    }
    await store.tag(ref, descriptor);
    const record: ImportRecord = { identity, ref, digest: descriptor.digest };
    await store.writeRecord('import', hex, record);
    return { image, outcome: 'done' };
  });
}

interface ImportRecord {
  readonly identity: string;
  /** The image's name in the store: the same content may have had another one elsewhere. */
  readonly ref: string;
  readonly digest: string;
}

/** `undefined` where somebody removed blobs of it: it is made anew. */
async function intactImage(store: Store, descriptor: Descriptor): Promise<StoredImage | undefined> {
  try {
    return await store.image(descriptor);
  } catch (error) {
    if (error instanceof StoreError || error instanceof ImageError) return undefined;
    throw error;
  }
}

/** A name as a part of a reference (see the store's rules for names). */
function refWord(name: string): string {
  return (
    path
      .basename(name)
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '') || 'image'
  );
}
