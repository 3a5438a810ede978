import type { Digest } from '../image/index.ts';
import type { Inventory } from './inventory.ts';

/** What is to go. */
export interface Removal {
  readonly names: readonly string[];
  readonly blobs: readonly Digest[];
  /** `KIND/HEX`. */
  readonly derived: readonly string[];
  /** Ids of recorded builds. */
  readonly builds: readonly string[];
  /** Bytes that this frees. */
  readonly freed: number;
  /** Bytes of what stays. */
  readonly left: number;
}

/** What stays. Blobs are counted by the images that need them. */
export class Kept {
  builds: readonly string[] = [];
  readonly derived = new Set<string>();
  readonly #inventory: Inventory;
  readonly #names = new Map<string, Digest>();
  readonly #images = new Set<Digest>();
  readonly #blobs = new Map<Digest, number>();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
  }

  name(name: string, digest: Digest): void {
    this.#names.set(name, digest);
    this.image(digest);
  }

  image(digest: Digest): void {
    if (this.#images.has(digest)) return;
    this.#images.add(digest);
    for (const each of this.#needed(digest)) this.blob(each);
  }

  blob(digest: Digest): void {
    this.#blobs.set(digest, (this.#blobs.get(digest) ?? 0) + 1);
  }

  hasImage(digest: Digest): boolean {
    return this.#images.has(digest);
  }

  hasBlob(digest: Digest): boolean {
    return this.#blobs.has(digest);
  }

  /** Gives up what was used longest ago, until it fits. */
  shrink(maxBytes: number, inUseSince: number, locked: ReadonlySet<Digest>): void {
    let bytes = this.#bytes();
    for (const { usedAt, drop } of this.#items(locked)) {
      if (bytes <= maxBytes || usedAt >= inUseSince) return;
      bytes -= drop();
    }
  }

  /** What can be given up one by one, in the order in which it was used. */
  #items(locked: ReadonlySet<Digest>): readonly { readonly usedAt: number; readonly drop: () => number }[] {
    const { derived, blobs } = this.#inventory;
    const parts = new Set([...this.#images].flatMap((digest) => this.#needed(digest)));
    const files = derived.filter(({ name }) => this.derived.has(name));
    const loose = [...this.#blobs.keys()].filter((digest) => !parts.has(digest));
    return [
      ...files.map(({ name, usedAt, size }) => ({ usedAt, drop: () => (this.derived.delete(name) ? size : 0) })),
      ...[...this.#images]
        .filter((digest) => !locked.has(digest))
        .map((digest) => ({ usedAt: blobs.get(digest)?.usedAt ?? 0, drop: () => this.#dropImage(digest) })),
      ...loose.map((digest) => ({ usedAt: blobs.get(digest)?.usedAt ?? 0, drop: () => this.#dropBlob(digest) })),
    ].sort((a, b) => a.usedAt - b.usedAt);
  }

  #dropImage(digest: Digest): number {
    this.#images.delete(digest);
    for (const [name, named] of this.#names) if (named === digest) this.#names.delete(name);
    return this.#needed(digest).reduce((freed, each) => freed + this.#dropBlob(each), 0);
  }

  #dropBlob(digest: Digest): number {
    const uses = (this.#blobs.get(digest) ?? 0) - 1;
    if (uses > 0) this.#blobs.set(digest, uses);
    else this.#blobs.delete(digest);
    return uses > 0 ? 0 : (this.#inventory.blobs.get(digest)?.size ?? 0);
  }

  /** A manifest and all below it. */
  #needed(digest: Digest, seen = new Set<Digest>()): readonly Digest[] {
    if (seen.has(digest)) return [];
    seen.add(digest);
    const facts = this.#inventory.manifests.get(digest);
    for (const part of [...(facts?.parts ?? []), ...(facts?.packages ?? [])]) this.#needed(part, seen);
    return [...seen];
  }

  #bytes(): number {
    const { blobs, derived, stateBytes } = this.#inventory;
    let bytes = stateBytes;
    for (const digest of this.#blobs.keys()) bytes += blobs.get(digest)?.size ?? 0;
    for (const { name, size } of derived) if (this.derived.has(name)) bytes += size;
    return bytes;
  }

  removal(): Removal {
    const { names, blobs, derived, builds, stateBytes } = this.#inventory;
    let all = stateBytes;
    for (const { size } of [...blobs.values(), ...derived]) all += size;
    const left = this.#bytes();
    return {
      names: names.filter(({ name }) => !this.#names.has(name)).map(({ name }) => name),
      blobs: [...blobs.keys()].filter((digest) => !this.#blobs.has(digest)),
      derived: derived.filter(({ name }) => !this.derived.has(name)).map(({ name }) => name),
      builds: builds.filter(({ id }) => !this.builds.includes(id)).map(({ id }) => id),
      freed: all - left,
      left,
    };
  }
}
