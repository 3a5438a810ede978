import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../errors/index.ts';
import { makeFolder } from '../host/index.ts';
import {
  defaultLimits,
  type Descriptor,
  type Digest,
  type Limits,
  parseConfig,
  parseManifest,
  type StoredImage,
} from '../image/index.ts';
import { Blobs, type ByteSource, type Expected, type WrittenBlob } from './blobs.ts';
import { Derived, type DerivedFile, type DerivedOptions, type RecordOptions } from './derived.ts';
import { onDisk, StoreError, verifyHint } from './error.ts';
import { type StoreFolders, storeFolders } from './folders.ts';
import type { DerivedKey } from './key.ts';
import { takeLease } from './lease.ts';
import { type LockOptions, withLock } from './lock.ts';
import {
  checkRef,
  emptyIndex,
  findRef,
  type LayoutIndex,
  readLayoutIndex,
  withoutRefs,
  withRef,
  writeLayoutIndex,
} from './refs.ts';
import { partialsSince, removePartials, salvagePartials } from './partial.ts';
import { cleanTemporaries, moveIntoPlace, temporaryPath } from './temporary.ts';
import { Uses } from './use.ts';

export interface StoreOptions {
  /** Milliseconds since 1970, to tell when something was used. @default Date.now */
  readonly now?: () => number;
  /** What an image may cost that is read from here; what is left out has its default. */
  readonly limits?: Partial<Limits>;
  /** Told before something is got or computed that is not there yet: what follows takes time and memory. */
  readonly onMake?: () => void;
}

/** Milliseconds to wait for a process that changes the index: it holds the lock for a few of them. */
const indexWaitMs = 30_000;

/**
 * Images and what is computed from them, on disk, shared by any number of processes. The folder is an OCI image layout
 * (image-spec, image-layout.md) which skopeo and umoci read, plus
 *
 *     derived/KIND/HEX   files computed from images, by the hash of all their inputs
 *     records/KIND/ID    small facts that change, such as what a package resolved to last
 *     locks/  tmp/       work in progress; what a killed process left there is cleaned up by the next
 *     partial/HEX        beginnings of blobs whose download broke off, for the next one to go on with
 *
 * Every file gets its final name by a rename, after its content was verified and has reached the disk.
 */
export class Store {
  /** The layout's folder, absolute. */
  readonly directory: string;
  readonly folders: StoreFolders;
  /** What an image may cost that is read from here. */
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly #blobs: Blobs;
  readonly #derived: Derived;
  readonly #onMake: () => void;

  private constructor(directory: string, { now = Date.now, limits, onMake = () => undefined }: StoreOptions) {
    this.directory = directory;
    this.folders = storeFolders(directory);
    this.limits = { ...defaultLimits, ...limits };
    this.now = now;
    this.#onMake = onMake;
    const uses = new Uses(this.folders, now);
    this.#blobs = new Blobs(this.folders, uses);
    this.#derived = new Derived(this.folders, uses, onMake);
  }

  /**
   * Opens a store, making it where there is none.
   *
   * @throws {StoreError} `not-writable`, `disk-full`
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    const store = new Store(path.resolve(directory), options);
    const { temporaries, blobs } = store.folders;
    await onDisk(store.directory, async () => {
      for (const folder of [temporaries, blobs]) await makeFolder(folder);
      await salvagePartials(store.folders);
      await removePartials(store.folders, partialsSince(store.now()));
      await cleanTemporaries(temporaries, store.now);
      await takeLease(store.folders, store.now);
      await store.#addMissing('index.json', JSON.stringify(emptyIndex));
      await store.#addMissing('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    });
    return store;
  }

  async #addMissing(name: string, content: string): Promise<void> {
    const file = path.join(this.directory, name);
    try {
      await stat(file);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      await this.#withIndexLock(async () => {
        if (await stat(file).catch(() => undefined)) return;
        const temporary = temporaryPath(this.folders.temporaries);
        await writeFile(temporary, content);
        await moveIntoPlace(temporary, file);
      });
    }
  }

  /** Whether a blob is there; with a descriptor, whether it also has the right size. */
  hasBlob(blob: Digest | Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return this.#blobs.has(blob);
  }

  /** Whether a blob is there and unchanged since it was written. Reads all of it. */
  isIntact(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<boolean> {
    return this.#blobs.isIntact(blob);
  }

  /** Where a blob is, or would be. Its bytes were verified when it was written. */
  blobPath(digest: Digest): string {
    return this.#blobs.path(digest);
  }

  /**
   * A small blob's content, verified again.
   *
   * @throws {StoreError} `missing-blob`, `size-mismatch`, `digest-mismatch`
   */
  readBlob(blob: Pick<Descriptor, 'digest' | 'size'>): Promise<Buffer> {
    return this.#blobs.read(blob);
  }

  /**
   * Streams a blob in. It appears under its digest once all of it is on disk and is what was expected.
   *
   * @throws {StoreError} `size-mismatch`, `digest-mismatch`, `disk-full`, `not-writable`; errors of `source` as they are
   */
  writeBlob(source: ByteSource, { expected }: { readonly expected?: Expected } = {}): Promise<WrittenBlob> {
    return this.#blobs.write(source, expected);
  }

  /**
   * As `writeBlob`, going on from where an earlier call broke off, in this process or another. What was kept is used only
   * if the whole is what was expected; otherwise `source` is asked once more, for all of it.
   *
   * @param source gives the bytes from an offset on
   */
  resumeBlob(expected: Required<Expected>, source: (from: number) => ByteSource): Promise<WrittenBlob> {
    return this.#blobs.resume(expected, source);
  }

  /** Stores bytes and describes them. */
  async putBytes(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
    const { digest, size } = await this.#blobs.write([bytes]);
    return { mediaType, digest, size };
  }

  /** Stores a value as JSON and describes it. */
  putJson(value: unknown, mediaType: string): Promise<Descriptor> {
    return this.putBytes(Buffer.from(JSON.stringify(value)), mediaType);
  }

  /** The image of that name, or `undefined`. */
  async resolve(ref: string): Promise<Descriptor | undefined> {
    return findRef(await this.index(), ref);
  }

  /**
   * All named images.
   *
   * @throws {StoreError} `corrupt`
   */
  async index(): Promise<LayoutIndex> {
    try {
      return await readLayoutIndex(this.directory);
    } catch (cause) {
      if (!(cause instanceof StoreError) || cause.code !== 'corrupt') throw cause;
      const hint = 'Remove that file: images get their names again when they are next pulled or built.';
      throw new StoreError(cause.code, cause.message, { hint, cause });
    }
  }

  /**
   * Names an image, taking the name from any other.
   *
   * @throws {StoreError} `bad-ref`, `locked`, `disk-full`, `not-writable`
   */
  async tag(ref: string, descriptor: Descriptor): Promise<void> {
    checkRef(ref);
    await this.#withIndexLock(async () => {
      const index = await this.index();
      if (findRef(index, ref)?.digest === descriptor.digest) return;
      await writeLayoutIndex(this.directory, this.folders.temporaries, withRef(index, ref, descriptor));
    });
  }

  /** Takes names away, each only while it names that image. */
  async untag(names: readonly (readonly [name: string, digest: Digest | undefined])[]): Promise<void> {
    if (names.length === 0) return;
    await this.#withIndexLock(async () => {
      const index = await this.index();
      await writeLayoutIndex(this.directory, this.folders.temporaries, withoutRefs(index, new Map(names)));
    });
  }

  #withIndexLock<T>(action: () => Promise<T>): Promise<T> {
    const file = path.join(this.folders.locks, 'index.lock');
    return onDisk(this.directory, () =>
      withLock(file, { temporaryFolder: this.folders.temporaries, waitMs: indexWaitMs }, action),
    );
  }

  /**
   * The image whose manifest a descriptor names.
   *
   * @throws {StoreError} `missing-blob` when its manifest, its configuration or a layer is not there; `corrupt`
   * @throws {ImageError} for a manifest or configuration that is not valid
   */
  async image(descriptor: Descriptor): Promise<StoredImage> {
    const parsed = parseManifest(await this.readBlob(descriptor), Infinity);
    if (parsed.kind === 'index') throw new StoreError('corrupt', `${descriptor.digest} is an index, not an image`);
    const { manifest } = parsed;
    const config = parseConfig(await this.readBlob(manifest.config), manifest.layers.length);
    for (const layer of manifest.layers) {
      if (!(await this.hasBlob(layer))) {
        throw new StoreError('missing-blob', `the store lacks layer ${layer.digest} of image ${descriptor.digest}`, {
          hint: verifyHint,
        });
      }
    }
    return { descriptor, manifest, config };
  }

  /**
   * The file that belongs to `key`. When it is not there, `make` is called once with the path to write to, however
   * many callers and processes ask; the others wait for it. What `make` throws, its callers get, and nothing is kept.
   */
  derived(key: DerivedKey, make: (file: string) => Promise<void>, options: DerivedOptions = {}): Promise<DerivedFile> {
    return this.#derived.file(key, make, options);
  }

  /** As `derived`, for a value that is kept as JSON. */
  derivedJson<T>(key: DerivedKey, make: () => Promise<T>, options: DerivedOptions = {}): Promise<T> {
    return this.#derived.json(key, make, options);
  }

  /** What was last recorded under that kind and id (lower-case words), or `undefined`. */
  readRecord(kind: string, id: string): Promise<unknown> {
    return this.#derived.readRecord(kind, id);
  }

  /** Replaces a record at once. */
  writeRecord(kind: string, id: string, value: unknown, options: RecordOptions = {}): Promise<void> {
    return this.#derived.writeRecord(kind, id, value, options);
  }

  /**
   * Runs `action` while no other process (and no other caller here) runs one of the same name.
   *
   * @param waiting `onWait` is told once when another process has to be waited for, with its id
   * @throws {StoreError} `locked` after `waitMs` milliseconds
   */
  exclusively<T>(
    name: string,
    waitMs: number,
    action: () => Promise<T>,
    waiting: Pick<LockOptions, 'onWait' | 'signal'> = {},
  ): Promise<T> {
    this.#onMake();
    const file = path.join(this.folders.locks, `${name}.lock`);
    return withLock(file, { temporaryFolder: this.folders.temporaries, waitMs, ...waiting }, action);
  }

  /** A folder on the store's disk for the time of `action`. */
  async withTemporaryFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
    const folder = temporaryPath(this.folders.temporaries);
    try {
      return await onDisk(this.directory, async () => {
        await mkdir(folder);
        return action(folder);
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** A folder that stays, for another program's own cache: `state/NAME`. */
  async stateFolder(name: string): Promise<string> {
    const folder = path.join(this.folders.state, name);
    await onDisk(this.directory, () => mkdir(folder, { recursive: true }));
    return folder;
  }
}
