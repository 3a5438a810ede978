import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Digest } from '../image/index.ts';
import { digestOf } from './blobs.ts';
import { onDisk } from './error.ts';
import type { StoreFolders } from './folders.ts';
import { checkWord, type DerivedKey, derivedName } from './key.ts';
import { withLock } from './lock.ts';
import { moveIntoPlace, temporaryPath } from './temporary.ts';
import type { Uses } from './use.ts';

export interface DerivedFile {
  readonly path: string;
  /** It was there already, or another process made it. */
  readonly cached: boolean;
}

export interface DerivedOptions {
  /** Told once when another process is making the same file, with that process's id. */
  readonly onWait?: (holderPid: number) => void;
  /** Milliseconds to wait for another process that makes the same file. @default half an hour */
  readonly waitMs?: number;
}

export interface RecordOptions {
  /** Wait until it is on the disk; a record that is not may be lost, or unreadable, after a power cut. @default true */
  readonly durable?: boolean;
}

const defaultWaitMs = 30 * 60 * 1000;

/** What is remembered of a derived file: where it came from, and what it was when it was made. */
export interface DerivedRecord {
  readonly inputs: Readonly<Record<string, string>>;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Files computed from other things, kept by a key of all their inputs, made once however many ask at once. */
export class Derived {
  readonly #folders: StoreFolders;
  readonly #uses: Uses;
  readonly #onMake: () => void;
  readonly #making = new Map<string, Promise<DerivedFile>>();

  constructor(folders: StoreFolders, uses: Uses, onMake: () => void) {
    this.#folders = folders;
    this.#uses = uses;
    this.#onMake = onMake;
  }

  /** @see Store.derived */
  async file(key: DerivedKey, make: (file: string) => Promise<void>, options: DerivedOptions): Promise<DerivedFile> {
    const name = derivedName(key);
    const file = path.join(this.#folders.derived, name);
    if (await this.#uses.mark(file)) return { path: file, cached: true };
    let making = this.#making.get(name);
    if (making === undefined) {
      making = this.#makeOnce(key, name, file, make, options).finally(() => this.#making.delete(name));
      this.#making.set(name, making);
    }
    return making;
  }

  /** @see Store.derivedJson */
  async json<T>(key: DerivedKey, make: () => Promise<T>, options: DerivedOptions): Promise<T> {
    const { path: file } = await this.file(
      key,
      async (temporary) => writeFile(temporary, JSON.stringify(await make())),
      options,
    );
    return JSON.parse(await readFile(file, 'utf8')) as T;
  }

  #makeOnce(
    key: DerivedKey,
    name: string,
    file: string,
    make: (file: string) => Promise<void>,
    { onWait, waitMs = defaultWaitMs }: DerivedOptions,
  ): Promise<DerivedFile> {
    const lock = path.join(this.#folders.locks, `${recordId(name)}.lock`);
    const lockOptions = { temporaryFolder: this.#folders.temporaries, waitMs, onWait };
    return onDisk(this.#folders.store, () =>
      withLock(lock, lockOptions, async () => {
        if (await this.#uses.mark(file)) return { path: file, cached: true };
        this.#onMake();
        await this.#makeAside(file, async (temporary) => {
          await make(temporary);
          const record: DerivedRecord = { inputs: key.inputs, ...(await digestOf(temporary)) };
          await this.writeRecord(derivedRecords, recordId(name), record);
        });
        return { path: file, cached: false };
      }),
    );
  }

  async #makeAside(file: string, make: (file: string) => Promise<void>, move = moveIntoPlace): Promise<void> {
    const temporary = temporaryPath(this.#folders.temporaries);
    try {
      await make(temporary);
      await move(temporary, file);
      await this.#uses.settle();
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** @see Store.readRecord */
  async readRecord(kind: string, id: string): Promise<unknown> {
    return readJson(this.#recordPath(kind, id));
  }

  /** @see Store.writeRecord */
  async writeRecord(kind: string, id: string, value: unknown, { durable = true }: RecordOptions = {}): Promise<void> {
    const file = this.#recordPath(kind, id);
    const move = durable ? moveIntoPlace : rename;
    await onDisk(this.#folders.store, async () => {
      await mkdir(path.dirname(file), { recursive: true });
      await this.#makeAside(file, (temporary) => writeFile(temporary, JSON.stringify(value)), move);
    });
  }

  #recordPath(kind: string, id: string): string {
    return path.join(this.#folders.records, checkWord(kind), `${checkWord(id)}.json`);
  }
}

/** The digests that a derived file was made from: those of images, above all. */
export function digestsIn(record: DerivedRecord | undefined): readonly Digest[] {
  return Object.values(record?.inputs ?? {}).flatMap(
    (input) => (input.match(/sha256:[0-9a-f]{64}/g) ?? []) as Digest[],
  );
}

/** A file's value, or `undefined` where it cannot be read: a record that is lost is made anew. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The kind of the records about derived files. */
export const derivedRecords = 'derived';

/** `squashfs/HEX` → `squashfs-HEX`. */
export function recordId(name: string): string {
  return name.replace('/', '-');
}
