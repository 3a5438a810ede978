import { stat } from 'node:fs/promises';
import path from 'node:path';
import { decompress, readHostFile, readTar } from '../archive/index.ts';
import { requireTar } from './archive-bytes.ts';
import type { ArchiveKind } from './archive.ts';
import { explainFault, fault, type Named } from './fault.ts';

/** What there is at a path that says nothing of it. */
export type PathKind = 'package' | 'oci' | 'dockerfile' | 'rootfs' | ArchiveKind;

/** Where a Linux system keeps what it cannot be without. */
const systemFolders = new Set(['bin', 'sbin', 'usr', 'etc', 'lib', 'init']);

/**
 * What a folder or an archive is, by what is in it.
 *
 * @throws {SourceError} `no-image`, `bad-image`
 */
export async function kindOfPath(file: string, image: Named): Promise<PathKind> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats) throw fault('no-image', `there is no file or folder ${file}`, image);
  const kind = stats.isDirectory() ? await kindOfFolder(file) : await kindOfFile(file, image);
  if (kind !== undefined) return kind;
  const lacking = stats.isDirectory()
    ? 'no package (build.yml), no context (Dockerfile), no OCI image layout, and has no system’s folders'
    : 'no archive of docker save, no OCI archive, and has no system’s folders';
  throw fault(
    'no-image',
    `${file} is ${lacking}`,
    image,
    'Files alone are taken as an image when it is written rootfs:PATH.',
  );
}

async function kindOfFile(file: string, image: Named): Promise<PathKind | undefined> {
  await requireTar(file, image);
  try {
    return await kindOfArchive(namesIn(file));
  } catch (error) {
    throw explainFault(error, file, image);
  }
}

async function kindOfFolder(file: string): Promise<PathKind | undefined> {
  const has = async (name: string): Promise<boolean> =>
    (await stat(path.join(file, name)).catch(() => undefined)) !== undefined;
  if (await has('build.yml')) return 'package';
  if (await has('oci-layout')) return 'oci';
  if (await has('Dockerfile')) return 'dockerfile';
  for (const folder of systemFolders) if (await has(folder)) return 'rootfs';
  return undefined;
}

/**
 * What an archive is, by the names in it. Archives of Docker 25 and later are image layouts too, but only Docker's own
 * list in them has whole names.
 */
export async function kindOfArchive(names: AsyncIterable<string>): Promise<ArchiveKind | 'rootfs' | undefined> {
  let isLayout = false;
  for await (const name of names) {
    if (name === 'manifest.json' || name === 'repositories') return 'docker-archive';
    if (name === 'index.json' || name === 'oci-layout') isLayout = true;
    if (systemFolders.has(name.split('/')[0] ?? '')) return 'rootfs';
  }
  return isLayout ? 'oci-archive' : undefined;
}

async function* namesIn(file: string): AsyncGenerator<string, void, undefined> {
  for await (const { entry } of readTar(decompress(readHostFile(file)))) yield entry.path;
}
