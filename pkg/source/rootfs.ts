import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError, lendHostFile, listTree, type Member } from '../archive/index.ts';
import type { Descriptor, Platform, StoredImage } from '../image/index.ts';
import { putLayer } from '../store/index.ts';
import { requireTar, tarMembers } from './archive-bytes.ts';
import type { SourceContext } from './context.ts';
import { writeManifest } from './docker-archive.ts';
import { explainFault, fault, type Named } from './fault.ts';
import { treeIdentity, treeMembers } from './host-tree.ts';
import { fileIdentity } from './identity.ts';
import { type ImportKey, importOnce } from './imported.ts';
import { checkArchitecture } from './oci-layout.ts';
import { ProgramWatch } from './program-watch.ts';
import { readXattrs } from './xattrs.ts';

/**
 * The files of a system as an image of one layer, as `docker import` takes them: a folder, or a tar archive in any
 * compression. What has not changed is not read again, and the same files give the same image wherever they are. The
 * architecture is that of the programs in it; without any, the system's.
 *
 * @throws {SourceError} `no-image`, `bad-image`, `wrong-architecture`, `changing-source`
 */
export async function importRootfs(file: string, image: Named, context: SourceContext): Promise<StoredImage> {
  const { store, arch, packages } = context;
  const stats = await stat(file).catch(() => undefined);
  if (!stats) throw fault('no-image', `there is no file or folder ${file}`, image);
  const isFolder = stats.isDirectory();
  if (!isFolder) await requireTar(file, image);
  const mtime = packages.sourceDateEpoch ?? 0;
  const identity = isFolder ? async () => treeIdentity(await listTree(file)) : () => fileIdentity(file);
  const key: ImportKey = { kind: 'rootfs', name: file, id: [file, String(mtime)], identity, arch, at: image.at };
  const step = packages.reporter.step(`import ${path.basename(file)}`);
  try {
    const imported = await importOnce(key, store, async () => {
      const members = isFolder
        ? treeMembers(file, await listTree(file), { mtime, xattrs: await readXattrs(file, packages.reporter) })
        : tarMembers({ name: file, open: () => lendHostFile(file) }, store.limits);
      return writeRootfs(members, file, mtime, image, context);
    });
    step.end(imported.outcome);
    return imported.image;
  } catch (error) {
    step.fail();
    if (isFolder && error instanceof ArchiveError && error.code === 'size-mismatch') {
      throw fault('changing-source', `${file} was changed while it was read: ${error.message}`, image);
    }
    throw explainFault(error, file, image);
  }
}

async function writeRootfs(
  members: AsyncIterable<Member>,
  name: string,
  created: number,
  image: Named,
  { store, arch, orOnly }: SourceContext,
): Promise<Descriptor> {
  const watch = new ProgramWatch();
  const layer = await putLayer(store, watch.watch(members));
  if (watch.count === 0) throw fault('no-image', `${name} holds no files`, image);
  const platform = watch.platform ?? platformOf(arch);
  checkArchitecture(platform, { arch, orOnly, image });
  const time = new Date(created * 1000).toISOString().replace('.000Z', 'Z');
  const config = {
    created: time,
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created: time, created_by: 'lkit: rootfs' }],
  };
  return writeManifest(Buffer.from(JSON.stringify(config)), [layer.descriptor], platform, store);
}

/** Of files that tell nothing. */
function platformOf(arch: string): Platform {
  const [architecture = '', variant] = arch.split('/');
  return { os: 'linux', architecture, ...(variant !== undefined && { variant }) };
}
