import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onDisk } from './error.ts';
import { checkWord, type DerivedKey, derivedName } from './key.ts';
import { withLock } from './lock.ts';
import { moveIntoPlace, temporaryPath } from './temporary.ts';

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

const defaultWaitMs = 30 * 60 * 1000;

/** The folders of a store that derived files need. */
export interface DerivedFolders {
  readonly store: string;
  readonly derived: string;
  readonly records: string;
  readonly locks: string;
  readonly temporaries: string;
}

/** Files computed from other things, kept by a key of all their inputs, made once however many ask at once. */
export class Derived {
  readonly #folders: DerivedFolders;
  readonly #making = new Map<string, Promise<DerivedFile>>();

  constructor(folders: DerivedFolders) {
    this.#folders = folders;
  }

  /** @see Store.derived */
  async file(key: DerivedKey, make: (file: string) => Promise<void>, options: DerivedOptions): Promise<DerivedFile> {
    const name = derivedName(key);
    const file = path.join(this.#folders.derived, name);
    if (await exists(file)) return { path: file, cached: true };
    let making = this.#making.get(name);
    if (making === undefined) {
      making = this.#makeOnce(name, file, make, options).finally(() => this.#making.delete(name));
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
    name: string,
    file: string,
    make: (file: string) => Promise<void>,
    { onWait, waitMs = defaultWaitMs }: DerivedOptions,
  ): Promise<DerivedFile> {
    const lock = path.join(this.#folders.locks, `${name.replace('/', '-')}.lock`);
    const lockOptions = { temporaryFolder: this.#folders.temporaries, waitMs, onWait };
    return onDisk(this.#folders.store, () =>
      withLock(lock, lockOptions, async () => {
        if (await exists(file)) return { path: file, cached: true };
        await this.#makeAside(file, make);
        return { path: file, cached: false };
      }),
    );
  }

  async #makeAside(file: string, make: (file: string) => Promise<void>): Promise<void> {
    const temporary = temporaryPath(this.#folders.temporaries);
    try {
      await make(temporary);
      await moveIntoPlace(temporary, file);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** @see Store.readRecord */
  async readRecord(kind: string, id: string): Promise<unknown> {
    const text = await readFile(this.#recordPath(kind, id), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  /** @see Store.writeRecord */
  async writeRecord(kind: string, id: string, value: unknown): Promise<void> {
    const file = this.#recordPath(kind, id);
    await onDisk(this.#folders.store, async () => {
      await mkdir(path.dirname(file), { recursive: true });
      await this.#makeAside(file, (temporary) => writeFile(temporary, JSON.stringify(value)));
    });
  }

  #recordPath(kind: string, id: string): string {
    return path.join(this.#folders.records, checkWord(kind), `${checkWord(id)}.json`);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
