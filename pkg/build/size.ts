import { createHash } from 'node:crypto';
import type { Digest, StoredImage } from '../image/index.ts';
import { type SystemPart, systemParts } from '../output/index.ts';
import type { Layout } from '../plan/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { type PlanOptions, planSystem } from './plan-system.ts';
import { concurrently } from './concurrently.ts';
import { type Duplicate, duplicatedBytes, findDuplicates, type HashedFile } from './duplicates.ts';
import { imageUsers } from './users.ts';

/** An image of a system, in the words of its YAML. */
export interface SizedImage {
  readonly name: string;
  readonly digest: Digest;
  /** `services web`. */
  readonly usedBy: readonly string[];
  /** The lowest first; bytes as they came, mostly compressed. */
  readonly layers: readonly { readonly digest: Digest; readonly size: number }[];
}

export interface SizedPart extends Pick<SystemPart, 'kind' | 'size'> {
  /** The images that it was made of. */
  readonly images: readonly SizedImage[];
}

/** What takes how much of a system's initrd. */
export interface SystemSize {
  readonly layout: Layout;
  /** Bytes of all parts. */
  readonly size: number;
  /** In the order of the initrd. */
  readonly parts: readonly SizedPart[];
  readonly images: readonly SizedImage[];
  /** Contents that several images bring along, the most expensive first. */
  readonly duplicates: readonly Duplicate[];
  /** Bytes of unpacked files that would be saved if each content were in one image only. */
  readonly duplicatedBytes: number;
}

/** Measures a system, packing what has not been packed yet; writes no system. */
export async function measureSystem(options: PlanOptions): Promise<SystemSize> {
  const { plan, all: resolved } = await planSystem(options);
  const users = imageUsers(options.spec);
  const images = new Map<Digest, SizedImage>();
  for (const { image, stored } of resolved) {
    const { digest } = stored.descriptor;
    const before = images.get(digest);
    const usedBy = [...new Set([...(before?.usedBy ?? []), ...users(image)])];
    const layers = stored.manifest.layers.map((layer) => ({ digest: layer.digest, size: layer.size }));
    images.set(digest, { name: before?.name ?? image.text, digest, usedBy, layers });
  }
  const parts = await systemParts(plan, options);
  const whole = new Map(
    parts
      .filter(({ kind }) => kind === 'root' || kind === 'tree')
      .flatMap((part) => part.images.map((image) => [image.descriptor.digest, image] as const))
      // Of the kernel's image, no more than the modules are in the initrd.
      .filter(([digest]) => digest !== plan.kernel?.image.descriptor.digest),
  );
  const duplicates = findDuplicates(
    await concurrently([...whole], 2, async ([digest, image]) => {
      return { digest, name: images.get(digest)?.name ?? digest, files: await hashedFiles(options.store, image) };
    }),
  );
  return {
    layout: plan.layout,
    size: parts.reduce((sum, { size }) => sum + size, 0),
    parts: parts.map((part) => ({
      kind: part.kind,
      size: part.size,
      images: part.images.flatMap(({ descriptor }) => images.get(descriptor.digest) ?? []),
    })),
    images: [...images.values()],
    duplicates,
    duplicatedBytes: duplicatedBytes(duplicates),
  };
}

/** Counts up when the same image gives another list. */
const hashesVersion = 1;

/** The files of an image that have content, hashed once for each image. */
function hashedFiles(store: Store, image: StoredImage): Promise<readonly HashedFile[]> {
  const key = { kind: 'file-hashes', version: hashesVersion, inputs: { image: image.descriptor.digest } };
  return store.derivedJson(key, async () => {
    const files: HashedFile[] = [];
    for await (const { entry, content } of imageTree(store, image)) {
      if (entry.type !== 'file' || entry.size === 0) continue;
      const hash = createHash('sha256');
      for await (const chunk of content) hash.update(chunk);
      const path = Buffer.from(entry.path, 'latin1').toString('utf8');
      files.push({ path, size: entry.size, sha256: hash.digest('hex') });
    }
    return files;
  });
}
