import { ArchiveError, decompress, type Member, readTar } from '../archive/index.ts';
import {
  Budget,
  checkManifestSize,
  type Descriptor,
  ImageError,
  type ImageIndex,
  isDigest,
  mediaTypes,
  parseManifest,
  UntrustedJson,
} from '../image/index.ts';
import { checkRef, refNameAnnotation, type Store, StoreError } from '../store/index.ts';
import { ExchangeError } from './error.ts';
import { containerdNameAnnotation } from './oci-archive.ts';

/** Indexes may hold indexes; nobody nests them deeper than this. */
const maxDepth = 4;

/** An image that came out of an archive. */
export interface ImportedImage {
  readonly descriptor: Descriptor;
  /** What it is called now. */
  readonly name: string | undefined;
  /** OCI's name. */
  readonly architecture: string;
}

export interface ImportOptions {
  /** For messages: the archive's path. */
  readonly file: string;
  /** Told as the archive's bytes are read. */
  readonly progress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings all images of an OCI archive into the store, in one pass, so that it may come through a pipe. Blobs are
 * compared with their digests as they stream in; an image is named once all of it is there.
 *
 * @returns the images; for an archive of `docker save`'s older form, which is no image layout, only what is in it
 * @throws {ExchangeError} `bad-archive`
 */
export async function importOciArchive(
  store: Store,
  source: AsyncIterable<Buffer>,
  options: ImportOptions,
): Promise<Imported> {
  try {
    const { index, dockerTags } = await readBlobs(store, source, options);
    if (index === undefined && dockerTags !== undefined) return { kind: 'docker-save', tags: dockerTags };
    if (index === undefined)
      throw new ExchangeError('bad-archive', `${options.file} holds no images`, { kind: 'input' });
    const imported: ImportedImage[] = [];
    for (const [name, same] of byName(index)) {
      const [only, another] = same;
      const top = name !== undefined && another !== undefined ? await indexOf(store, same) : only;
      for (const each of name === undefined ? same : top ? [top] : [])
        imported.push(...(await importTop(store, each, name)));
    }
    return { kind: 'images', images: imported };
  } catch (error) {
    throw explain(error, options.file);
  }
}

export type Imported =
  | { readonly kind: 'images'; readonly images: readonly ImportedImage[] }
  /** One list of names for each image. */
  | { readonly kind: 'docker-save'; readonly tags: readonly (readonly string[])[] };

interface Scanned {
  readonly index: ImageIndex | undefined;
  readonly dockerTags: readonly (readonly string[])[] | undefined;
}

async function readBlobs(store: Store, source: AsyncIterable<Buffer>, options: ImportOptions): Promise<Scanned> {
  let index: ImageIndex | undefined;
  let dockerTags: Scanned['dockerTags'];
  for await (const { entry, content } of readMembers(store, source, options)) {
    options.signal?.throwIfAborted();
    if (entry.type !== 'file') continue;
    if (entry.path === 'index.json') index = await readIndex(entry.size, content, store.limits.manifest);
    if (entry.path === 'manifest.json') dockerTags = await readTags(entry.size, content, store.limits.manifest);
    const digest = `sha256:${/^blobs\/sha256\/(.*)$/.exec(entry.path)?.[1] ?? ''}`;
    if (!isDigest(digest) || (await store.hasBlob({ digest, size: entry.size }))) continue;
    await store.writeBlob(content, { expected: { digest, size: entry.size } });
  }
  return { index, dockerTags };
}

async function* readMembers(
  store: Store,
  source: AsyncIterable<Buffer>,
  { progress }: ImportOptions,
): AsyncGenerator<Member> {
  const budget = new Budget(store.limits);
  let compressed = 0;
  let decompressed = 0;
  const counted = tap(source, (chunk) => progress?.((compressed += chunk.length)));
  const tar = tap(decompress(counted), (chunk) => {
    decompressed += chunk.length;
    budget.unpacked(chunk.length);
    budget.ratio(compressed, decompressed);
  });
  for await (const member of readTar(tar)) {
    budget.entry(member.entry.path.length);
    yield member;
  }
}

async function* tap(source: AsyncIterable<Buffer>, see: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    see(chunk);
    yield chunk;
  }
}

async function readIndex(size: number, content: AsyncIterable<Buffer>, maxBytes: number): Promise<ImageIndex> {
  const parsed = parseManifest(await readSmall(size, content, maxBytes), maxBytes);
  if (parsed.kind === 'index') return parsed.index;
  throw new ImageError('invalid-manifest', 'its index.json is no index');
}

/** The names in `docker save`'s manifest.json: a list of images, each with `RepoTags`. */
async function readTags(
  size: number,
  content: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<readonly (readonly string[])[]> {
  const json = UntrustedJson.parse(await readSmall(size, content, maxBytes), (message) => {
    return new ImageError('invalid-manifest', `its manifest.json is not valid: ${message}`);
  });
  return json.list().map((image) => image.get('RepoTags').optional((tags) => tags.strings()) ?? []);
}

async function readSmall(size: number, content: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  checkManifestSize(size, maxBytes);
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function byName({ manifests }: ImageIndex): ReadonlyMap<string | undefined, readonly Descriptor[]> {
  const groups = new Map<string | undefined, Descriptor[]>();
  for (const each of manifests) groups.set(nameOf(each), [...(groups.get(nameOf(each)) ?? []), each]);
  return groups;
}

/** Docker gives the tag alone as the layout's name, and the whole name to containerd. */
function nameOf({ annotations = {} }: Descriptor): string | undefined {
  const { [refNameAnnotation]: name, [containerdNameAnnotation]: whole } = annotations;
  return whole !== undefined && (name === undefined || whole.endsWith(`:${name}`)) ? whole : name;
}

/** The images of an index entry, all of which have to be whole, named once they are. */
async function importTop(store: Store, top: Descriptor, name: string | undefined): Promise<readonly ImportedImage[]> {
  const given = name !== undefined && isName(name) ? name : undefined;
  const images = await importImages(store, top, maxDepth);
  const { mediaType, digest, size, platform } = top;
  if (given !== undefined) await store.tag(given, { mediaType, digest, size, ...(platform && { platform }) });
  return images.map((image) => ({ ...image, name: given }));
}

type Unnamed = Omit<ImportedImage, 'name'>;

async function importImages(store: Store, descriptor: Descriptor, depth: number): Promise<readonly Unnamed[]> {
  const { mediaType, digest, size } = descriptor;
  checkManifestSize(size, store.limits.manifest);
  const parsed = parseManifest(await store.readBlob(descriptor), store.limits.manifest);
  if (parsed.kind === 'manifest') {
    const { config } = await store.image({ mediaType, digest, size });
    return [{ descriptor: { mediaType, digest, size }, architecture: config.architecture }];
  }
  if (depth === 0) throw new ImageError('invalid-manifest', 'its indexes are nested too deeply');
  // Archives often hold the images of some platforms only. BuildKit's attestations stand among the images.
  const images: Unnamed[] = [];
  for (const each of parsed.index.manifests) {
    if (each.platform?.os === 'unknown' || !(await store.hasBlob(each))) continue;
    images.push(...(await importImages(store, each, depth - 1)));
  }
  if (images.length > 0) return images;
  throw new ImageError('invalid-manifest', `its index ${digest} lists no image that is there`);
}

/** Images of one name for several platforms become an index, as in a registry. */
async function indexOf(store: Store, all: readonly Descriptor[]): Promise<Descriptor> {
  const manifests = all.map(({ mediaType, digest, size, platform }) => ({
    ...{ mediaType, digest, size },
    ...(platform && { platform }),
  }));
  return store.putJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }, mediaTypes.index);
}

function isName(name: string): boolean {
  try {
    checkRef(name);
    return true;
  } catch {
    return false;
  }
}

function explain(error: unknown, file: string): unknown {
  const isDamage = error instanceof StoreError && /mismatch|missing-blob/.test(error.code);
  if (!isDamage && !(error instanceof ArchiveError) && !(error instanceof ImageError)) return error;
  const what = isDamage ? 'is damaged' : 'holds no valid images';
  return new ExchangeError('bad-archive', `${file} ${what}: ${error.message}`, {
    kind: 'input',
    hint: error.hint,
    cause: error,
  });
}
