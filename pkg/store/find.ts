import { readFile } from 'node:fs/promises';
import { didYouMean } from '../errors/index.ts';
import {
  type Descriptor,
  type Digest,
  formatReference,
  mediaTypes,
  parseManifest,
  parseReference,
  sha256,
} from '../image/index.ts';
import { damagedBlob, StoreError } from './error.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { imagesIn, indexesOf, namesOf } from './known.ts';
import type { Store } from './store.ts';

/** An image that a person named. */
export interface FoundImage {
  /** Of its manifest. */
  readonly digest: Digest;
  /** Its names in the store, and those of indexes that list it. */
  readonly names: readonly string[];
  /** Indexes with a name that list it. */
  readonly indexes: readonly Digest[];
}

/** Fewer digits may mean anything. */
const minDigits = 6;

/**
 * The images that a person means: by a name in the store or the beginning of one, by what a build or a pull called it,
 * by a registry's name in its short form, or by its digest or the first digits of it. A name that was used for several
 * architectures means all of them.
 *
 * @throws {StoreError} `unknown-image`, `ambiguous-image`
 */
export async function findImages(store: Store, text: string): Promise<readonly FoundImage[]> {
  const inventory = await takeInventory(store);
  const found = lookUp(inventory, text);
  const indexes = indexesOf(inventory);
  const named = new Set(inventory.names.map(({ digest }) => digest));
  const images = [...new Set(found.flatMap((digest) => imagesIn(inventory, digest)))];
  return images.map((digest) => ({
    digest,
    names: namesOf(inventory, digest, indexes),
    indexes: (indexes.get(digest) ?? []).filter((index) => named.has(index)),
  }));
}

function lookUp(inventory: Inventory, text: string): readonly Digest[] {
  const { names, builds, pulls, blobs } = inventory;
  // Every name begins with it: a shell's variable that is not set must not stand for whatever there is.
  if (text === '') throw new StoreError('unknown-image', 'the name of an image is empty', { kind: 'input' });
  const full = fullReference(text);
  const named = names.filter(({ name }) => name === text || name === full);
  if (named.length > 0) return named.map(({ digest }) => digest);
  const latest = builds.find(({ images }) => images.some((image) => image.text === text));
  if (latest) return latest.images.filter((image) => image.text === text).map(({ digest }) => digest);

  const pulled = pulls.filter((image) => image.text === text && blobs.has(image.digest));
  if (pulled.length > 0) return pulled.map(({ digest }) => digest);

  const begun = names.filter(({ name }) => name.startsWith(text));
  const hex = /^(?:sha256:)?([0-9a-f]+)$/.exec(text)?.[1] ?? '';
  const withDigits =
    hex.length < minDigits
      ? []
      : [...inventory.manifests.keys()].filter((digest) => digest.startsWith(`sha256:${hex}`));
  const candidates = [...new Set([...begun.map(({ digest }) => digest), ...withDigits])];
  if (candidates.length === 1) return candidates;
  const all = [
    ...new Set([
      ...names.map(({ name }) => name),
      ...[...builds.flatMap(({ images }) => images), ...pulls].map((each) => each.text),
    ]),
  ];
  if (candidates.length === 0) {
    throw new StoreError('unknown-image', `the store has no image "${text}"${didYouMean(text, all)}`, {
      kind: 'input',
      hint: '"lkit cache ls" lists what there is.',
    });
  }
  const meant = begun.length > 0 ? begun.map(({ name }) => name) : candidates;
  throw new StoreError('ambiguous-image', `"${text}" may be ${meant.join(' or ')}`, { kind: 'input' });
}

/** `alpine` → `docker.io/library/alpine:latest`. */
function fullReference(text: string): string | undefined {
  try {
    return formatReference(parseReference(text));
  } catch {
    return undefined;
  }
}

/**
 * The descriptor of a manifest of which only the digest is known.
 *
 * @throws {StoreError} `missing-blob`, `digest-mismatch`
 */
export async function describeManifest(store: Store, digest: Digest): Promise<Descriptor> {
  if (!(await store.hasBlob(digest))) throw new StoreError('missing-blob', `the store has no image ${digest}`);
  const bytes = await readFile(store.blobPath(digest));
  if (sha256(bytes) !== digest) throw damagedBlob(digest);
  const parsed = parseManifest(bytes, Infinity);
  const mediaType =
    parsed.kind === 'index'
      ? (parsed.index.mediaType ?? mediaTypes.index)
      : (parsed.manifest.mediaType ?? mediaTypes.manifest);
  return { mediaType, digest, size: bytes.length };
}
