import {
  type Descriptor,
  formatPlatform,
  ImageError,
  type ImageIndex,
  isForArchitecture,
  type Manifest,
  parseConfig,
  parseManifest,
  type Platform,
  selectPlatform,
  type StoredImage,
  verifyBytes,
  type WantedPlatform,
} from '../image/index.ts';
import { refNameAnnotation, type Store } from '../store/index.ts';
import type { SourceContext } from './context.ts';
import { SourceError } from './error.ts';
import { explainFault, fault, type Named } from './fault.ts';
import { blobFile, folderFiles, type LayoutFiles } from './layout-files.ts';

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
  image: Named,
  context: SourceContext,
): Promise<StoredImage> {
  try {
    const { store, arch, orOnly } = context;
    return await store.image(await copyImage(folderFiles(folder, store), { ref, image, arch, orOnly }, store));
  } catch (error) {
    throw explainFault(error, folder, image);
  }
}

/** Which image of a layout or an archive is wanted. */
export interface Wanted extends WantedPlatform {
  readonly ref: string | undefined;
  /** What the user wrote, for messages. */
  readonly image: Named;
}

/**
 * Copies an image out of the files of an image layout; gives its manifest's descriptor.
 *
 * @throws {SourceError} `no-image`, `bad-image`, `wrong-architecture`
 * @throws {ImageError}, {StoreError} for content that is not valid: see `explainFault`
 */
export async function copyImage(files: LayoutFiles, wanted: Wanted, store: Store): Promise<Descriptor> {
  const named = namedImage(await readIndex(files, wanted.image), files.name, wanted);
  const { descriptor, manifest } = await manifestOf(files, named, wanted, maxDepth);
  const config = parseConfig(await readBlob(files, manifest.config, wanted.image), manifest.layers.length);
  checkArchitecture(config, wanted);
  const missing: Descriptor[] = [];
  for (const blob of [...manifest.layers, manifest.config, descriptor]) {
    if (!(await store.hasBlob(blob))) missing.push(blob);
  }
  const [lost] = await files.copy(missing);
  if (lost) throw lacks(files, blobFile(lost.digest), wanted.image);
  return descriptor;
}

/** @throws {SourceError} `wrong-architecture` */
export function checkArchitecture(
  found: Pick<Platform, 'architecture' | 'variant'> & { readonly os?: string },
  wanted: Omit<Wanted, 'ref'>,
): void {
  const { arch, image } = wanted;
  if (found.os !== undefined && found.os !== 'linux') {
    const platform = formatPlatform({ ...found, os: found.os });
    throw fault('wrong-architecture', `${image.text} is for ${platform}, but the system is for linux/${arch}`, image);
  }
  if (isForArchitecture(found, wanted)) return;
  const name = [found.architecture, ...(found.variant ? [found.variant] : [])].join('/');
  throw fault('wrong-architecture', `${image.text} is for ${name}, but the system is for ${arch}`, image);
}

async function readIndex(files: LayoutFiles, image: Named): Promise<ImageIndex> {
  const bytes = await files.read('index.json');
  if (!bytes) throw fault('no-image', `${files.name} is no OCI image layout: it has no index.json`, image);
  const parsed = parseManifest(bytes, files.maxManifestBytes);
  if (parsed.kind === 'index') return parsed.index;
  throw new ImageError('invalid-manifest', 'its index.json is no index');
}

/** The image of that name, or the only one; among several, the one for the architecture. */
function namedImage({ manifests }: ImageIndex, name: string, { ref, arch, image }: Wanted): Descriptor {
  const named = ref === undefined ? manifests : manifests.filter((each) => namesOf(each).includes(ref));
  const candidates = named.length > 1 ? named.filter((each) => isFor(each, arch)) : named;
  const [first, second] = candidates;
  if (first && !second) return first;
  const names = manifests.flatMap((each) => namesOf(each).slice(0, 1));
  const which = ref === undefined ? (first ? `for ${arch}` : '') : `named "${ref}"`;
  throw new SourceError('no-image', `${name} has ${first ? 'more than one' : 'no'} image ${which}`.trimEnd(), {
    kind: 'input',
    at: image.at,
    hint: names.length === 0 ? undefined : `It has ${names.map((each) => `"${each}"`).join(', ')}.`,
  });
}

/** containerd and Docker write the whole name into an annotation of their own, and only the tag into the standard one. */
function namesOf({ annotations = {} }: Descriptor): readonly string[] {
  return [annotations['io.containerd.image.name'], annotations[refNameAnnotation]].filter((name) => name !== undefined);
}

function isFor({ platform }: Descriptor, arch: string): boolean {
  return platform === undefined || (platform.os === 'linux' && isForArchitecture(platform, { arch }));
}

interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

async function manifestOf(
  files: LayoutFiles,
  descriptor: Descriptor,
  wanted: Wanted,
  depth: number,
): Promise<FoundManifest> {
  const parsed = parseManifest(await readBlob(files, descriptor, wanted.image), files.maxManifestBytes);
  if (parsed.kind === 'manifest') return { descriptor, manifest: parsed.manifest };
  if (depth === 0) throw new ImageError('invalid-manifest', 'its indexes are nested too deeply');
  const selected = selectPlatform(parsed.index, wanted, wanted.image.text);
  return manifestOf(files, selected, wanted, depth - 1);
}

async function readBlob(files: LayoutFiles, { digest, size }: Descriptor, image: Named): Promise<Buffer> {
  const file = blobFile(digest);
  const bytes = await files.read(file);
  if (!bytes) throw lacks(files, file, image);
  verifyBytes(bytes, { digest, size }, file);
  return bytes;
}

function lacks({ name }: LayoutFiles, file: string, image: Named): SourceError {
  return fault('bad-image', `${name} is damaged: it has no ${file}`, image);
}
