import { stat } from 'node:fs/promises';
import { bytePath, type Member, readHostFile, writeCpio } from '../archive/index.ts';
import type { BundleFile } from '../bundle/index.ts';
import { isErrno } from '../errors/index.ts';
import { OutputError } from './aside.ts';
import { directory, each, file, hostFile, link } from './members.ts';
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
  /** A file with the whole archive. */
  readonly stage0: string;
  /** The images that make up `/`, lowest first. */
  readonly root: readonly SquashedTree[];
  /** Images at other places; `path` is absolute in the guest. */
  readonly trees: readonly { readonly image: SquashedTree; readonly path: string }[];
  readonly files: readonly BundleFile[];
}

/** The bytes of a packed initrd. Memory does not grow with its size. */
export async function* packedInitrd(system: PackedSystem): AsyncGenerator<Buffer> {
  yield* readHostFile(system.stage0);
  yield* writeCpio(each(imageMembers(system)));
  yield* writeCpio(rootMembers(system));
}

function imageMembers({ root, trees }: PackedSystem): readonly Member[] {
  const images = [...root, ...trees.map(({ image }) => image)];
  const unique = [...new Map(images.map((image) => [image.id, image])).values()];
  return unique.map((image) => hostFile(`lkit/images/${image.id}.squashfs`, 0o444, image));
}

async function* rootMembers({ root, trees, files }: PackedSystem): AsyncGenerator<Member> {
  yield file('lkit/layout', 0o444, Buffer.from(layout(root, trees)));
  yield directory('lkit/root', 0o755);
  for (const planned of files) {
    const member = await plannedMember(planned);
    if (member === undefined) continue;
    yield { ...member, entry: { ...member.entry, uid: planned.uid, gid: planned.gid } };
  }
}

/** What stage-0 reads: a line for each image of the root, lowest first, and for each other tree. */
function layout(root: PackedSystem['root'], trees: PackedSystem['trees']): string {
  const lines = [
    ...root.map(({ id }) => `root ${id}`),
    ...trees.map(({ image, path }) => `container ${image.id} ${path}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

async function plannedMember({ path, mode, content }: BundleFile): Promise<Member | undefined> {
  const name = `lkit/root/${bytePath(path)}`;
  switch (content.kind) {
    case 'directory':
      return directory(name, mode);
    case 'symlink':
      return link(name, bytePath(content.target));
    case 'data':
      return file(name, mode, Buffer.from(content.data));
    case 'host': {
      const source = await findSource(content);
      return source && hostFile(name, mode, source);
    }
  }
}

type HostContent = Extract<BundleFile['content'], { readonly kind: 'host' }>;

/** The host's file behind a `source:`; `undefined` for an optional one that is not there. */
async function findSource(content: HostContent): Promise<{ readonly file: string; readonly size: number } | undefined> {
  const name = content.hostPath;
  try {
    const stats = await stat(name);
    if (stats.isFile()) return { file: name, size: stats.size };
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    if (content.optional) return undefined;
  }
  throw new OutputError('missing-source', `there is no file ${name}`, {
    kind: 'input',
    at: content.at,
    hint: 'A relative path starts at the folder of the YAML file; "optional: true" allows for a missing file.',
  });
}
