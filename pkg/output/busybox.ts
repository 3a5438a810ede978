import { createHash } from 'node:crypto';
import type { BytePath, Entry, Member } from '../archive/index.ts';
import type { StoredImage } from '../image/index.ts';
import { imageTree } from '../store/index.ts';
import type { PackingContext } from './context.ts';
import { type Packable, treeBytes } from './squash.ts';

/**
 * Stage-0 needs a static busybox, and the images of most small containers have the very same one at the same place. In
 * the guest it is there once, in the initramfs, as a layer below the images that have it.
 */
export const busyboxPath: BytePath = 'bin/busybox';

/** Finding out whether a larger image has it would take longer than its megabyte is worth. */
const largestBytes = 40 << 20;

const version = 1;

/** Whether an image has the same busybox as another. */
export async function hasSameBusybox(
  context: PackingContext,
  image: StoredImage,
  stage0Image: StoredImage,
): Promise<boolean> {
  if (treeBytes(image) > largestBytes) return false;
  const [own, other] = await Promise.all([digestOf(context, image), digestOf(context, stage0Image)]);
  return own !== null && own === other;
}

/** The digest of an image's busybox; `null` for none, or one that is not simply an executable file of root's. */
async function digestOf({ store, run }: PackingContext, image: StoredImage): Promise<string | null> {
  const key = { kind: 'busybox', version, inputs: { image: image.descriptor.digest } };
  return await run((signal) =>
    store.derivedJson(key, async () => {
      let digest: string | null = null;
      for await (const { entry, content } of imageTree(store, image, { signal })) {
        if (entry.path !== busyboxPath || !isPlain(entry)) continue;
        const hash = createHash('sha256');
        for await (const chunk of content) hash.update(chunk);
        digest = hash.digest('hex');
      }
      return digest;
    }),
  );
}

function isPlain({ type, mode, uid, gid, links = 1, xattrs }: Entry): boolean {
  return type === 'file' && mode === 0o755 && uid === 0 && gid === 0 && links === 1 && (xattrs?.size ?? 0) === 0;
}

/** A tree without its busybox. */
export function withoutBusybox(tree: Packable): Packable {
  return {
    ...tree,
    inputs: { ...tree.inputs, without: busyboxPath },
    members: (signal) => omitting(busyboxPath, tree.members(signal)),
  };
}

async function* omitting(path: BytePath, members: AsyncIterable<Member>): AsyncGenerator<Member> {
  for await (const member of members) if (member.entry.path !== path) yield member;
}
