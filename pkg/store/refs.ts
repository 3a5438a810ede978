import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Descriptor, type Digest, mediaTypes } from '../image/index.ts';
import { onDisk, StoreError } from './error.ts';
import { moveIntoPlace, temporaryPath } from './temporary.ts';

/** `index.json` of an image layout: the images that have a name (image-spec, image-layout.md, "index.json file"). */
export interface LayoutIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
}

/** The annotation that holds an image's name (image-spec, annotations.md). */
export const refNameAnnotation = 'org.opencontainers.image.ref.name';

const refGrammar = /^[A-Za-z0-9]+((--|[-._:@+])[A-Za-z0-9]+)*(\/[A-Za-z0-9]+((--|[-._:@+])[A-Za-z0-9]+)*)*$/;

/** @throws {StoreError} `bad-ref` for what the specification does not allow as a name */
export function checkRef(ref: string): void {
  if (refGrammar.test(ref)) return;
  throw new StoreError('bad-ref', `"${ref}" cannot be the name of an image in a store`, { kind: 'input' });
}

/** The image of that name, as it was before it was named. */
export function findRef(index: LayoutIndex, ref: string): Descriptor | undefined {
  const found = index.manifests.find((manifest) => refOf(manifest) === ref);
  if (!found) return undefined;
  const { annotations = {}, ...descriptor } = found;
  const others = Object.entries(annotations).filter(([key]) => key !== refNameAnnotation);
  return others.length === 0 ? descriptor : { ...descriptor, annotations: Object.fromEntries(others) };
}

/** The index in which `ref` names this image and no other. */
export function withRef(index: LayoutIndex, ref: string, descriptor: Descriptor): LayoutIndex {
  const named = { ...descriptor, annotations: { ...descriptor.annotations, [refNameAnnotation]: ref } };
  return { ...index, manifests: [...index.manifests.filter((manifest) => refOf(manifest) !== ref), named] };
}

/** The index without these names, where they name these images. */
export function withoutRefs(index: LayoutIndex, names: ReadonlyMap<string, Digest | undefined>): LayoutIndex {
  const isGiven = (manifest: Descriptor): boolean => {
    const ref = refOf(manifest);
    return ref !== undefined && names.get(ref) === manifest.digest;
  };
  return { ...index, manifests: index.manifests.filter((manifest) => !isGiven(manifest)) };
}

function refOf(manifest: Descriptor): string | undefined {
  return manifest.annotations?.[refNameAnnotation];
}

/** @throws {StoreError} `corrupt` */
export async function readLayoutIndex(layout: string): Promise<LayoutIndex> {
  const file = path.join(layout, 'index.json');
  const text = await onDisk(layout, () => readFile(file, 'utf8'));
  try {
    const index = JSON.parse(text) as Partial<LayoutIndex> | null;
    if (Array.isArray(index?.manifests)) return index as LayoutIndex;
  } catch (cause) {
    throw new StoreError('corrupt', `${file} is not JSON`, { cause });
  }
  throw new StoreError('corrupt', `${file} is not the index of an OCI image layout`);
}

export async function writeLayoutIndex(layout: string, temporaries: string, index: LayoutIndex): Promise<void> {
  const temporary = temporaryPath(temporaries);
  const file = path.join(layout, 'index.json');
  try {
    await onDisk(layout, async () => {
      await writeFile(temporary, `${JSON.stringify(index, null, 2)}\n`);
      await moveIntoPlace(temporary, file);
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

export const emptyIndex: LayoutIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
