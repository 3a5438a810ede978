import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { bytePath, gzip, gzipVersion, type Member, writeCpio } from '../archive/index.ts';
import { type PackingContext, reported } from './context.ts';
import { below } from './members.ts';
import { type SizedFile, sizedFile } from './sized-file.ts';
import { type Packable, treeId } from './squash.ts';

const version = 2;
const gzipLevel = 6;

/**
 * What a tree may take of the guest's memory as files, in bytes. A mounted squashfs takes 1.8 MB with two processors,
 * whatever it holds (two zstd workspaces of 0.55 MB and buffers of its block size), and to mount it takes 30 ms under
 * emulation.
 */
const mostBytes = 1 << 20;
const pageBytes = 4096;
/** An inode and a name in a tmpfs. */
const entryBytes = 1024;

/** Looking into a larger image would take longer. */
const largestBytes = 10 << 20;

/** Whether a tree is better off as files in the initramfs, which hold no extended attributes, than as a squashfs. */
export async function isSmall({ run, store }: PackingContext, tree: Packable): Promise<boolean> {
  if (tree.bytes > largestBytes) return false;
  const key = { kind: 'small-tree', version, inputs: tree.inputs };
  return await run((signal) => store.derivedJson(key, () => fits(tree.members(signal))));
}

async function fits(members: AsyncIterable<Member>): Promise<boolean> {
  let bytes = 0;
  for await (const { entry } of members) {
    bytes += entryBytes + Math.ceil(entry.size / pageBytes) * pageBytes;
    if (bytes > mostBytes || (entry.xattrs?.size ?? 0) > 0) return false;
  }
  return true;
}

/** A small tree as a compressed archive, which the kernel unpacks to the place where others are mounted. */
export async function packSmall(
  context: PackingContext,
  { name, inputs, members }: Packable,
): Promise<SizedFile & { readonly id: string }> {
  const id = treeId(inputs);
  const key = { kind: 'small-tree-cpio', version, inputs: { ...inputs, gzipVersion } };
  return await context.run(async (signal) => {
    const { path } = await reported(context, `pack ${name}`, () =>
      context.store.derived(key, (target) => {
        const archive = writeCpio(below(bytePath(`lkit/mnt/${id}`), members(signal)));
        return pipeline(gzip(archive, gzipLevel), createWriteStream(target), { signal });
      }),
    );
    return { id, ...(await sizedFile(path)) };
  });
}
