import { stat } from 'node:fs/promises';
import { ArchiveError, decompress, type Member, readHostFile, readTar } from '../archive/index.ts';
import { Budget, type Limits } from '../image/index.ts';
import { explainFault, fault, type Named } from './fault.ts';
import { compressionOf } from './layer-blob.ts';

/** An archive that can be read from its start. */
export interface ArchiveBytes {
  /** For messages: the archive's path. */
  readonly name: string;
  /** Its bytes: a tar, compressed in any way. */
  readonly open: () => AsyncIterable<Buffer>;
  /** It can be read but once, as what an engine sends: then all of it goes into the store. @default false */
  readonly once?: boolean;
}

/**
 * The members of a tar archive, compressed in any way, as long as they stay within the limits for an image.
 *
 * @throws {ArchiveError}; {ImageError} `limit-exceeded`
 */
export async function* tarMembers(archive: ArchiveBytes, limits: Limits): AsyncGenerator<Member, void, undefined> {
  const budget = new Budget(limits);
  let compressed = 0;
  let decompressed = 0;
  const source = tap(archive.open(), (chunk) => (compressed += chunk.length));
  const tar = tap(decompress(source), (chunk) => {
    decompressed += chunk.length;
    budget.unpacked(chunk.length);
    budget.ratio(compressed, decompressed);
  });
  for await (const member of readTar(tar)) {
    const { path, link = '', size } = member.entry;
    budget.path(path.length);
    budget.entry(path.length + link.length);
    budget.file(size);
    yield member;
  }
}

async function* tap(source: AsyncIterable<Buffer>, see: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    see(chunk);
    yield chunk;
  }
}

/**
 * Makes sure that there is a file that begins as a tar archive does.
 *
 * @throws {SourceError} `no-image`, `bad-image`
 */
export async function requireTar(file: string, image: Named): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isFile() !== true)
    throw fault('no-image', stats ? `${file} is no file` : `there is no file ${file}`, image);
  try {
    const members = readTar(decompress(readHostFile(file)));
    await members.next();
    await members.return();
  } catch (error) {
    const code = error instanceof ArchiveError && error.entry === undefined ? error.code : undefined;
    const isShort = code === 'truncated' && (await compressionOf(file)) === 'none';
    throw isShort || code === 'invalid-header'
      ? fault('bad-image', `${file} is no tar archive`, image)
      : explainFault(error, file, image);
  }
}
