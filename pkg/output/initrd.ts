import { cpioHeader, cpioTrailer, type Member, paddingTo, writeCpio } from '../archive/index.ts';
import type { PlannedFile } from '../plan/index.ts';
import { below, directory, file, hostFile } from './members.ts';
import { bytes, type Part } from './parts.ts';
import { plannedMembers } from './planned.ts';
import type { SizedFile } from './sized-file.ts';

/**
 * The packed initrd is a concatenation of whole cpio archives, as the kernel allows (Documentation/driver-api/
 * early-userspace/buffer-format.rst). In the initramfs:
 *
 *     /init  /lkit/modules/NN-NAME.ko     stage-0
 *     /lkit/base/bin/busybox              stage-0's, and below the root and all images that have the same one
 *     /lkit/images/ID.squashfs            each image once
 *     /lkit/mnt/ID/…                      or, where it is small, its files; others are mounted there
 *     /lkit/root/…                        what lies on top of everything in the guest's root
 *     /lkit/layout                        which image goes where, for stage-0
 */
export interface PackedSystem {
  /** A microcode archive. The kernel looks for it at the very beginning. */
  readonly ucode?: SizedFile | undefined;
  /** A whole archive, compressed. */
  readonly stage0: SizedFile;
  /** The images that make up `/`, lowest first. */
  readonly root: readonly PackedTree[];
  readonly trees: readonly PlacedTree[];
  readonly files: readonly PlannedFile[];
}

/** An image, under the name it has in the guest. */
export interface PackedTree extends SizedFile {
  /** Unique within the system, and the same for the same content. */
  readonly id: string;
  /** What the file is: `cpio` is a whole archive, compressed, of what is to lie at `/lkit/mnt/ID`. */
  readonly form: 'squashfs' | 'cpio';
}

/** An image at another place than `/`. */
export interface PlacedTree {
  readonly image: PackedTree;
  /** Absolute path in the guest. */
  readonly path: string;
  /** Whether the image is packed without its busybox, which is stage-0's. */
  readonly sharesBusybox: boolean;
}

/** Images begin at multiples of this: file systems can share whole blocks only, where they can at all. */
const blockBytes = 4096;

/**
 * What a packed initrd is put together from, in this order. Stage-0, which is compressed, comes after the images: whoever
 * judges the initrd by its first bytes, to tell how much memory it takes, sees what most of it is.
 */
export function packedInitrd({ ucode, stage0, root, trees, files }: PackedSystem): readonly Part[] {
  const all = [...root, ...trees.map(({ image }) => image)];
  const unique = [...new Map(all.map((image) => [image.id, image])).values()];
  const compressed = [stage0, ...unique.filter(({ form }) => form === 'cpio')];
  return [
    ...(ucode === undefined ? [] : [{ file: ucode.file }, bytes(Buffer.alloc(paddingTo(blockBytes, ucode.size)))]),
    ...imageParts(unique.filter(({ form }) => form === 'squashfs')),
    ...compressed.map(({ file }) => ({ file })),
    bytes(Buffer.alloc(gapAfter(compressed.reduce((sum, { size }) => sum + size, 0)))),
    { bytes: () => packedFiles({ root, trees, files }) },
  ];
}

/** The archive of what lkit itself writes into a packed system. */
export function packedFiles(system: Pick<PackedSystem, 'root' | 'trees' | 'files'>): AsyncGenerator<Buffer> {
  return writeCpio(rootMembers(system));
}

/**
 * Zeros behind compressed pieces: what is not compressed begins at a multiple of 4, and a reader of gzip takes any other
 * byte for the beginning of one more piece.
 */
function gapAfter(bytes: number): number {
  return 4 - (bytes % 4);
}

/** An archive of images that stay images. */
function imageParts(images: readonly PackedTree[]): readonly Part[] {
  const top = cpioHeader(directory('lkit', 0o755).entry, { ino: 1 });
  const folder = cpioHeader(directory('lkit/images', 0o755).entry, { ino: 2 }, blockBytes - top.length);
  const parts = images.flatMap((image, number) => {
    const { entry } = hostFile(`lkit/images/${image.id}.squashfs`, 0o444, image);
    const header = cpioHeader(entry, { ino: number + 3 }, blockBytes);
    return [bytes(header), { file: image.file }, bytes(Buffer.alloc(paddingTo(blockBytes, image.size)))];
  });
  return [bytes(top), bytes(folder), ...parts, bytes(cpioTrailer())];
}

async function* rootMembers({
  root,
  trees,
  files,
}: Pick<PackedSystem, 'root' | 'trees' | 'files'>): AsyncGenerator<Member> {
  yield file('lkit/layout', 0o444, Buffer.from(layout(root, trees)));
  yield directory('lkit/root', 0o755);
  yield* below('lkit/root', plannedMembers(files));
}

/** What stage-0 reads: a line for each image of the root, lowest first, and for each other tree. */
function layout(root: PackedSystem['root'], trees: PackedSystem['trees']): string {
  const lines = [
    ...root.map(({ id }) => `root ${id}`),
    ...trees.map((tree) => `${kindOf(tree)} ${tree.image.id} ${tree.path}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function kindOf({ image, sharesBusybox }: PlacedTree): string {
  if (sharesBusybox) return 'with-base';
  return image.form === 'cpio' ? 'files' : 'alone';
}
