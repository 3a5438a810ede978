import path from 'node:path';
import { cleanPath } from '../archive/index.ts';
import { isDigest, maxConfigBytes } from '../image/index.ts';
import type { Expected, Store, WrittenBlob } from '../store/index.ts';
import { type ArchiveBytes, tarMembers } from './archive-bytes.ts';
import { checkJsonSize } from './layout-files.ts';

/** Small files that are kept in memory, all together. */
const maxHeldBytes = 64 << 20;
/** Chains of links that are longer lead nowhere, as on Linux. */
const maxLinks = 40;

/**
 * The files of a tar archive that holds images, whatever their order: what describes an image often comes last. One
 * pass keeps the JSON in memory and learns what else there is; a second one streams the wanted files into the store.
 * Names in the archive are never used as paths.
 */
export class ArchiveFiles {
  readonly #archive: ArchiveBytes;
  readonly #store: Store;
  readonly #held = new Map<string, Buffer>();
  readonly #stored = new Map<string, WrittenBlob>();
  readonly #links = new Map<string, string>();
  readonly #names = new Set<string>();

  private constructor(archive: ArchiveBytes, store: Store) {
    this.#archive = archive;
    this.#store = store;
  }

  /** @throws {ArchiveError}, {ImageError} `limit-exceeded`, {StoreError} */
  static async scan(archive: ArchiveBytes, store: Store): Promise<ArchiveFiles> {
    const files = new ArchiveFiles(archive, store);
    await files.#scan();
    return files;
  }

  get name(): string {
    return this.#archive.name;
  }

  /** Whether there is such a file, or a link to one. */
  has(file: string): boolean {
    return this.#resolve(file) !== undefined;
  }

  /** A small file, whole; `undefined` where there is none. */
  async read(file: string): Promise<Buffer | undefined> {
    const found = this.#resolve(file);
    if (found === undefined) return undefined;
    const held = this.#held.get(found);
    if (held) return held;
    const blob = (await this.toStore([file])).get(file);
    if (!blob) return undefined;
    checkJsonSize(file, blob.size, this.#store.limits);
    return this.#store.readBlob(blob);
  }

  /** Brings files into the store; those that are not there are left out of the result. */
  async toStore(files: readonly string[]): Promise<ReadonlyMap<string, WrittenBlob>> {
    const wanted = new Map(
      files.flatMap((file) => {
        const found = this.#resolve(file);
        return found === undefined ? [] : [[file, found] as const];
      }),
    );
    for (const found of wanted.values()) {
      const held = this.#held.get(found);
      if (held && !this.#stored.has(found)) this.#stored.set(found, await this.#write(found, held.length, [held]));
    }
    const missing = new Set([...wanted.values()].filter((found) => !this.#stored.has(found)));
    if (missing.size > 0) await this.#storeAll(missing);
    return new Map(
      [...wanted].flatMap(([file, found]) => {
        const blob = this.#stored.get(found);
        return blob ? [[file, blob] as const] : [];
      }),
    );
  }

  async #scan(): Promise<void> {
    let held = 0;
    for await (const { entry, content } of tarMembers(this.#archive, this.#store.limits)) {
      const { path: name, type, size, link = '' } = entry;
      if (type === 'symlink') this.#links.set(name, targetOf(name, link));
      if (type === 'hardlink') this.#links.set(name, link);
      if (type !== 'file') continue;
      // The last of several files of one name counts, as if the archive were unpacked.
      this.#names.add(name);
      this.#links.delete(name);
      this.#held.delete(name);
      const [first, rest] = await split(content);
      if (size <= maxConfigBytes && held + size <= maxHeldBytes && isJson(first)) {
        this.#held.set(name, await collect(rest));
        held += size;
      } else if (this.#archive.once === true) {
        this.#stored.set(name, await this.#write(name, size, rest));
      }
    }
  }

  async #storeAll(wanted: ReadonlySet<string>): Promise<void> {
    for await (const { entry, content } of tarMembers(this.#archive, this.#store.limits)) {
      if (entry.type !== 'file' || !wanted.has(entry.path)) continue;
      this.#stored.set(entry.path, await this.#write(entry.path, entry.size, content));
    }
  }

  /** A blob of an image layout has to be what its name says. */
  async #write(name: string, size: number, content: Parameters<Store['writeBlob']>[0]): Promise<WrittenBlob> {
    const digest = `sha256:${/^blobs\/sha256\/(.*)$/.exec(name)?.[1] ?? ''}`;
    const expected: Expected = isDigest(digest) ? { digest, size } : { size };
    if (isDigest(digest) && (await this.#store.hasBlob({ digest, size }))) return { digest, size };
    return this.#store.writeBlob(content, { expected });
  }

  /** The file that a name leads to. */
  #resolve(file: string): string | undefined {
    let name = file;
    for (let hops = 0; hops < maxLinks; hops++) {
      const target = this.#links.get(name);
      if (target === undefined) return this.#names.has(name) ? name : undefined;
      name = target;
    }
    return undefined;
  }
}

function targetOf(name: string, link: string): string {
  return cleanPath(link.startsWith('/') ? link : path.posix.join('/', path.posix.dirname(name), link)).path;
}

/** The first piece, and all pieces with it. */
async function split(content: AsyncIterable<Buffer>): Promise<readonly [Buffer, AsyncIterable<Buffer>]> {
  const pieces = content[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done === true) return [Buffer.alloc(0), content];
  async function* all(): AsyncGenerator<Buffer> {
    yield first.value as Buffer;
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
  }
  return [first.value, all()];
}

function isJson(first: Buffer): boolean {
  return first[0] === 0x7b || first[0] === 0x5b;
}

async function collect(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
