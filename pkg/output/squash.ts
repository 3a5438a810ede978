import { createHash } from 'node:crypto';
import { type Member, packSquashfs, squashfsEffort, squashfsVersion } from '../archive/index.ts';
import { toolStamp } from '../host/index.ts';
import { isPlainLayer, type StoredImage, type Treatment, treatmentVersion } from '../image/index.ts';
import { imageTree } from '../store/index.ts';
import { type PackingContext, reported } from './context.ts';
import { type SizedFile, sizedFile } from './sized-file.ts';

/** A packed file tree: a file of the store, under the name it has in the guest. */
export interface SquashedTree extends SizedFile {
  /** Unique within the system, and the same for the same content. */
  readonly id: string;
}

/** A tree to pack. */
export interface Packable {
  /** For the report. */
  readonly name: string;
  /** Everything that `members` depends on. */
  readonly inputs: Readonly<Record<string, string>>;
  /** About how many bytes it has. */
  readonly bytes: number;
  /** Their content may be lent (see `lendHostFile`). */
  readonly members: (signal: AbortSignal) => AsyncIterable<Member>;
}

/** An image's tree. It is packed once for each treatment. */
export function packableImage(
  { store }: PackingContext,
  image: StoredImage,
  treatment: Treatment,
  name: string,
): Packable {
  return {
    name,
    inputs: { image: image.descriptor.digest, treatment, treatmentVersion },
    bytes: treeBytes(image),
    members: (signal) => imageTree(store, image, { treatment, signal, lend: true }),
  };
}

/** By how much a compressed layer grows, usually. */
const usualRatio = 2.5;

/** How many bytes an image's layers have, uncompressed: about, as a compressed one does not say. */
export function treeBytes(image: StoredImage): number {
  const sizes = image.manifest.layers.map(({ size }, number) => size * (isPlainLayer(image, number) ? 1 : usualRatio));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The name of a tree in the guest. */
export function treeId(inputs: Packable['inputs']): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}

/** A tree as squashfs, packed once for each set of inputs. */
export function squash(context: PackingContext, tree: Packable): Promise<SquashedTree> {
  const { name, inputs, members } = tree;
  const effort = squashfsEffort(tree.bytes);
  const format = `${squashfsVersion} ${effort.level} ${effort.blockKiB}`;
  return context.run(async (signal) => {
    const tool = await toolStamp('mksquashfs');
    const key = { kind: 'squashfs', version: 2, inputs: { ...inputs, format, tool } };
    const { path } = await reported(context, `pack ${name}`, () =>
      context.store.derived(key, (target) => packSquashfs(members(signal), target, { effort, signal })),
    );
    // Without the tool: the name is the same wherever the tool makes the same bytes.
    return { id: treeId({ ...inputs, format }), ...(await sizedFile(path)) };
  }, tree.bytes);
}
