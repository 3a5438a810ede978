import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readHostFile } from '../archive/index.ts';
import { isErrno } from '../errors/index.ts';
import {
  type Architecture,
  type Descriptor,
  type Digest,
  ImageError,
  type ImageIndex,
  type Manifest,
  parseConfig,
  parseManifest,
  selectPlatform,
  type StoredImage,
  verifyBytes,
} from '../image/index.ts';
import type { ImageSpec } from '../spec/index.ts';
import { refNameAnnotation, StoreError } from '../store/index.ts';
import type { SourceContext } from './context.ts';
import { SourceError } from './error.ts';

/** Indexes may hold indexes; nobody nests them deeper than this. */
const maxDepth = 4;

/**
 * Copies an image out of an image layout on disk (image-spec, image-layout.md) into the store, every blob verified.
 * What the store has is not copied again.
 *
 * @param ref the image's name in the layout; may be left out where there is only one for the architecture
 * @throws {SourceError} `no-image`, `bad-image`, `wrong-architecture`
 */
export async function copyFromLayout(
  folder: string,
  ref: string | undefined,
  image: ImageSpec,
  context: SourceContext,
): Promise<StoredImage> {
  try {
    return await copy(folder, ref, image, context);
  } catch (error) {
    throw explain(error, folder, image);
  }
}

async function copy(
  folder: string,
  ref: string | undefined,
  image: ImageSpec,
  context: SourceContext,
): Promise<StoredImage> {
  const { store, arch } = context;
  const named = namedImage(await readIndex(folder), { folder, ref, arch, image });
  const { descriptor, manifest } = await manifestOf(folder, named, arch, image, maxDepth);
  const config = parseConfig(await readBlob(folder, manifest.config), manifest.layers.length);
  if (config.architecture !== arch) {
    const message = `${image.text} is for ${config.architecture}, but the system is for ${arch}`;
    throw new SourceError('wrong-architecture', message, { kind: 'input', at: image.at });
  }
  for (const { digest, size } of [...manifest.layers, manifest.config, descriptor]) {
    if (await store.hasBlob({ digest, size })) continue;
    const content = readHostFile(blobPath(folder, digest));
    await store.writeBlob(content, { expected: { digest, size } });
  }
  return store.image(descriptor);
}

async function readIndex(folder: string): Promise<ImageIndex> {
  const parsed = parseManifest(await readFile(path.join(folder, 'index.json')));
  if (parsed.kind === 'index') return parsed.index;
  throw new ImageError('invalid-manifest', 'its index.json is no index');
}

interface Wanted {
  readonly folder: string;
  readonly ref: string | undefined;
  readonly arch: Architecture;
  readonly image: ImageSpec;
}

/** The image of that name, or the only one; among several, the one for the architecture. */
function namedImage({ manifests }: ImageIndex, { folder, ref, arch, image }: Wanted): Descriptor {
  const named = ref === undefined ? manifests : manifests.filter((each) => nameOf(each) === ref);
  const candidates = named.length > 1 ? named.filter((each) => isFor(each, arch)) : named;
  const [first, second] = candidates;
  if (first && !second) return first;
  const names = manifests.flatMap((each) => nameOf(each) ?? []);
  const which = ref === undefined ? (first ? `for ${arch}` : '') : `named "${ref}"`;
  throw new SourceError('no-image', `${folder} has ${first ? 'more than one' : 'no'} image ${which}`.trimEnd(), {
    kind: 'input',
    at: image.at,
    hint: names.length === 0 ? undefined : `It has ${names.map((name) => `"${name}"`).join(', ')}.`,
  });
}

function nameOf(descriptor: Descriptor): string | undefined {
  return descriptor.annotations?.[refNameAnnotation];
}

function isFor({ platform }: Descriptor, arch: Architecture): boolean {
  return platform === undefined || (platform.architecture === arch && platform.os === 'linux');
}

interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

async function manifestOf(
  folder: string,
  descriptor: Descriptor,
  arch: Architecture,
  image: ImageSpec,
  depth: number,
): Promise<FoundManifest> {
  const parsed = parseManifest(await readBlob(folder, descriptor));
  if (parsed.kind === 'manifest') return { descriptor, manifest: parsed.manifest };
  if (depth === 0) throw new ImageError('invalid-manifest', 'its indexes are nested too deeply');
  return manifestOf(folder, selectPlatform(parsed.index, arch, image.text), arch, image, depth - 1);
}

async function readBlob(folder: string, { digest, size }: Descriptor): Promise<Buffer> {
  const bytes = await readFile(blobPath(folder, digest));
  verifyBytes(bytes, { digest, size }, folder);
  return bytes;
}

/** Descriptors were parsed, so that their digests are digests and can be file names. */
function blobPath(folder: string, digest: Digest): string {
  return path.join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

/** What went wrong, with the place where the user named the image. */
function explain(error: unknown, folder: string, { at }: ImageSpec): unknown {
  const options = { kind: 'input', at, cause: error } as const;
  if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) {
    const file = path.relative(folder, error.path ?? folder);
    if (file === 'index.json') {
      return new SourceError('no-image', `${folder} is no OCI image layout: it has no index.json`, options);
    }
    return new SourceError('bad-image', `${folder} is damaged: it has no ${file} that can be read`, options);
  }
  if (error instanceof ImageError) {
    const code = error.code === 'no-platform' ? 'wrong-architecture' : 'bad-image';
    const message = code === 'bad-image' ? `${folder} holds no valid image: ${error.message}` : error.message;
    return new SourceError(code, message, { ...options, hint: error.hint });
  }
  if (error instanceof StoreError && /mismatch/.test(error.code)) {
    return new SourceError('bad-image', `${folder} is damaged: ${error.message}`, options);
  }
  return error;
}
