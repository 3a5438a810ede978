import { type Architecture, type Digest, parseReference, type StoredImage } from '../image/index.ts';
import { differences, type Lock, LockError, type LockedImage, lockKey, lockName } from '../lock/index.ts';
import type { Reporter } from '../report/index.ts';
import { sourceOf } from '../source/index.ts';
import type { NamedImage } from '../spec/index.ts';
import { type Store, StoreError } from '../store/index.ts';

/** A lock that a build has to keep to. */
export interface LockedSystem {
  readonly lock: Lock;
  /** The lock's path. */
  readonly file: string;
  /** The folder that paths in the lock are relative to: that of the first YAML file. */
  readonly root: string;
}

/** An image that a system needs, for one architecture. */
export interface WantedImage {
  readonly image: NamedImage;
  readonly arch: Architecture;
}

/** Gets an image as if there were no lock. */
export type Resolve = (image: NamedImage, arch: Architecture) => Promise<StoredImage>;

/**
 * Gets images exactly as they are locked: out of the store by their digests; what is not there is pulled by its digest,
 * or made again and compared.
 */
export class LockedImages {
  readonly #system: LockedSystem;
  readonly #entries: ReadonlyMap<string, LockedImage>;
  readonly #store: Store;
  readonly #resolve: Resolve;
  readonly #differences: string[] = [];

  /**
   * @throws {LockError} `not-locked`, naming each image that the lock does not list. What it lists in vain is told to
   * the reporter.
   */
  constructor(
    system: LockedSystem,
    wanted: readonly WantedImage[],
    { store, reporter, resolve }: { readonly store: Store; readonly reporter: Reporter; readonly resolve: Resolve },
  ) {
    this.#system = system;
    this.#entries = new Map(system.lock.images.map((entry) => [lockKey(entry), entry]));
    this.#store = store;
    this.#resolve = resolve;
    const missing = wanted.filter((each) => !this.#entries.has(this.#keyOf(each)));
    if (missing.length > 0) throw notLocked(missing, system);
    const used = new Set(wanted.map((each) => this.#keyOf(each)));
    for (const [key, { image, platform }] of this.#entries) {
      if (!used.has(key)) reporter.info(`${system.file}: ${image} (${platform}) is locked, but not used`);
    }
  }

  #keyOf({ image, arch }: WantedImage): string {
    return lockKey({ image: lockName(image, this.#system.root), platform: `linux/${arch}` });
  }

  /** The image; where it is not what is locked, that is kept for `check`. */
  async get(wanted: WantedImage): Promise<StoredImage | undefined> {
    const locked = this.#entries.get(this.#keyOf(wanted));
    if (locked === undefined) return undefined;
    const stored = await this.#stored(locked);
    if (stored !== undefined) return stored;
    const found = await this.#resolve(byDigest(wanted.image, locked.digest), wanted.arch);
    const differing = differences(locked, found);
    if (differing.length === 0) return found;
    this.#differences.push(...differing);
    return undefined;
  }

  async #stored({ mediaType, digest, size }: LockedImage): Promise<StoredImage | undefined> {
    try {
      return await this.#store.image({ mediaType, digest, size });
    } catch (error) {
      if (error instanceof StoreError && /^(missing-blob|size-mismatch|digest-mismatch)$/.test(error.code))
        return undefined;
      throw error;
    }
  }

  /** @throws {LockError} `lock-differs`, naming each difference */
  check(): void {
    if (this.#differences.length === 0) return;
    const list = [...this.#differences].map((line) => `\n    ${line}`).join('');
    throw new LockError('lock-differs', `the system is not what ${this.#system.file} says:${list}`, {
      kind: 'input',
      hint: 'Import a bundle of the locked images (lkit cache import), or build without --locked to lock anew.',
    });
  }
}

/** A tag may have moved since; what a digest names cannot. */
export function byDigest(image: NamedImage, digest: Digest): NamedImage {
  if (image.build !== undefined) return image;
  const source = sourceOf(image.text);
  if (source.kind !== 'registry') return image;
  const { registry, repository } = parseReference(source.reference, image.at);
  return { ...image, text: `${registry}/${repository}@${digest}` };
}

function notLocked(missing: readonly WantedImage[], { file }: LockedSystem): LockError {
  const names = [...new Set(missing.map(({ image, arch }) => `${image.text} (linux/${arch})`))];
  const what = names.length === 1 ? `${names[0] ?? ''} is` : `${names.join(', ')} are`;
  return new LockError('not-locked', `${what} not in the lock ${file}`, {
    kind: 'input',
    at: missing[0]?.image.at,
    hint: 'Build without --locked to lock it as well.',
  });
}
