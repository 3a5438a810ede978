import { type Member, readHostFile, writeCpio } from '../archive/index.ts';
import type { PlannedFile } from '../plan/index.ts';
import { below, directory, each, file, hostFile, padded } from './members.ts';
import type { Part } from './parts.ts';
import { plannedMembers } from './planned.ts';
import type { SquashedTree } from './squash.ts';

/**
 * The packed initrd is a concatenation of whole cpio archives, as the kernel allows (Documentation/driver-api/
 * early-userspace/buffer-format.rst). All are uncompressed: their content already is where it matters. In the initramfs:
 *
 *     /init  /bin/busybox  /lkit/modules/NN-NAME.ko   stage-0
 *     /lkit/images/ID.squashfs                        each image once
 *     /lkit/root/…                                    what lies on top of everything in the guest's root
 *     /lkit/layout                                    which image goes where, for stage-0
 */
export interface PackedSystem {
  /** A file with a microcode archive. The kernel looks for it at the very beginning. */
  readonly ucode?: string | undefined;
  /** A file with the whole archive. */
  readonly stage0: string;
  /** The images that make up `/`, lowest first. */
  readonly root: readonly SquashedTree[];
  /** Images at other places; `path` is absolute in the guest. */
  readonly trees: readonly { readonly image: SquashedTree; readonly path: string }[];
  readonly files: readonly PlannedFile[];
}

/** What a packed initrd is put together from, in this order. */
export function packedInitrd(system: PackedSystem): readonly Part[] {
  const { ucode, stage0 } = system;
  return [
    ...(ucode === undefined ? [] : [{ bytes: () => padded(readHostFile(ucode)) }]),
    { file: stage0 },
    { bytes: () => writeCpio(each(imageMembers(system))) },
    { bytes: () => writeCpio(rootMembers(system)) },
  ];
}

function imageMembers({ root, trees }: PackedSystem): readonly Member[] {
  const images = [...root, ...trees.map(({ image }) => image)];
  const unique = [...new Map(images.map((image) => [image.id, image])).values()];
  return unique.map((image) => hostFile(`lkit/images/${image.id}.squashfs`, 0o444, image));
}

async function* rootMembers({ root, trees, files }: PackedSystem): AsyncGenerator<Member> {
  yield file('lkit/layout', 0o444, Buffer.from(layout(root, trees)));
  yield directory('lkit/root', 0o755);
  yield* below('lkit/root', plannedMembers(files));
}

/** What stage-0 reads: a line for each image of the root, lowest first, and for each other tree. */
function layout(root: PackedSystem['root'], trees: PackedSystem['trees']): string {
  const lines = [
    ...root.map(({ id }) => `root ${id}`),
    ...trees.map(({ image, path }) => `container ${image.id} ${path}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
