import { ByteSource } from './byte-source.ts';
import type { BytePath } from './entry.ts';
import { ArchiveError } from './error.ts';
import { type Member, noContent } from './member.ts';
import { cleanPath } from './path.ts';
import { TarContent } from './tar-content.ts';
import { entryType, type Extension, makeEntry, storedSize } from './tar-entry.ts';
import { blockBytes, cString, parseTarHeader, type TarHeader } from './tar-header.ts';
import { parsePax, type PaxRecord } from './tar-pax.ts';
import {
  checkSparseMap,
  expandSparse,
  paxSparseMap,
  paxSparseSize,
  readOldSparseMap,
  readSparseMap,
  type SparseMap,
} from './tar-sparse.ts';

/** Extended headers are held in memory; Go's reader, and so Docker and containerd, has the same limit. */
const maxExtensionBytes = 1 << 20;

/**
 * The members of an uncompressed tar archive (POSIX ustar and PAX, GNU, star, v7), in its order. Each member's content
 * can be read until the next member is asked for; what is not read is skipped. Sparse files come expanded, names are
 * cleaned (`cleanPath`), and the source is always read to its end. Fast with chunks of 1 MiB.
 *
 * @throws {ArchiveError} with the code of what is wrong and, where it is known, the entry's name
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<Member, void, undefined> {
  const bytes = new ByteSource(source);
  try {
    // Of global headers, only what can be meant for many entries.
    const global = new Map<string, Buffer>();
    let extension: Extension = { records: [] };
    for (;;) {
      const header = await nextHeader(bytes);
      if (header === undefined) break;
      if (await readExtension(header, bytes, extension, global)) continue;
      yield* readMember(header, extension, global, bytes);
      extension = { records: [] };
    }
    // Whoever computes a digest of the stream, or limits it, wants to see all of it.
    while (await bytes.fill()) bytes.takeSome(Number.MAX_SAFE_INTEGER);
  } finally {
    await bytes.close();
  }
}

/** The next header, or `undefined` at the end: two blocks of zeros, or the last byte of an archive that has none. */
async function nextHeader(bytes: ByteSource): Promise<TarHeader | undefined> {
  const block = bytes.takeNow(blockBytes) ?? (await bytes.take(blockBytes));
  if (block.length === 0) return undefined;
  if (block.length < blockBytes) throw truncated(undefined);
  if (!isZero(block)) return parseTarHeader(block);
  const second = await bytes.take(blockBytes);
  if (second.length < blockBytes || isZero(second)) return undefined;
  throw new ArchiveError('invalid-header', 'this tar archive is damaged: more follows where it should end');
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** Takes up what a header says about the next entry or all of them; false when the header is itself an entry. */
async function readExtension(
  header: TarHeader,
  bytes: ByteSource,
  extension: Extension,
  global: Map<string, Buffer>,
): Promise<boolean> {
  const { typeflag } = header;
  if (typeflag === 'V') {
    await skipContent(header, bytes);
    return true;
  }
  if (!'xXgLK'.includes(typeflag)) return false;
  const content = await readSmallContent(header, bytes);
  if (typeflag === 'L') extension.path = cString(content, 0, content.length);
  else if (typeflag === 'K') extension.link = cString(content, 0, content.length);
  else if (typeflag !== 'g') extension.records = parsePax(content);
  else {
    for (const [key, value] of parsePax(content)) {
      if (['uid', 'gid', 'mtime'].includes(key)) global.set(key, Buffer.from(value));
    }
  }
  return true;
}

async function readSmallContent(header: TarHeader, bytes: ByteSource): Promise<Buffer> {
  if (header.size > maxExtensionBytes) {
    throw new ArchiveError('invalid-header', `an extended header of ${header.size} bytes is more than any file needs`, {
      entry: header.name,
    });
  }
  const content = await bytes.take(header.size);
  const missing = await bytes.skip(padding(header.size));
  if (content.length < header.size || missing > 0) throw truncated(header.name);
  return content;
}

async function skipContent(header: TarHeader, bytes: ByteSource): Promise<void> {
  if ((await bytes.skip(header.size + padding(header.size))) > 0) throw truncated(header.name);
}

async function* readMember(
  header: TarHeader,
  extension: Extension,
  global: ReadonlyMap<string, Buffer>,
  bytes: ByteSource,
): AsyncGenerator<Member, void, undefined> {
  let name = extension.path ?? header.name;
  try {
    const { records } = extension;
    const pax = (key: string): string | undefined => {
      const value = records.findLast(([candidate]) => candidate === key)?.[1] ?? global.get(key);
      // An empty value cancels the record.
      return value === undefined || value.length === 0 ? undefined : value.toString('latin1');
    };
    name = pax('GNU.sparse.name') ?? pax('path') ?? name;
    const type = entryType(header, name);
    const stored = storedSize(header, pax('size'));
    const sparse = type === 'file' ? await readSparse(header, records, stored, bytes) : undefined;
    const entry = makeEntry(header, type, name, extension, pax, type === 'file' ? (sparse?.map.size ?? stored) : 0);

    const content = new TarContent(bytes, sparse?.left ?? stored, padding(stored), entry.path);
    if (type !== 'file') yield { entry, content: noContent };
    else yield { entry, content: sparse === undefined ? content : expandSparse(sparse.map, content) };
    await content.end();
  } catch (error) {
    // A number or a record alone does not know whose it is.
    if (!(error instanceof ArchiveError) || error.entry !== undefined) throw error;
    throw new ArchiveError(error.code, error.message, { entry: cleanPath(name).path, cause: error });
  }
}

/** The holes of a sparse file, and how many bytes of data are still to come after the map. */
async function readSparse(
  header: TarHeader,
  records: readonly PaxRecord[],
  stored: number,
  bytes: ByteSource,
): Promise<{ readonly map: SparseMap; readonly left: number } | undefined> {
  if (header.typeflag === 'S') {
    return { map: checkSparseMap(await readOldSparseMap(header, bytes), stored), left: stored };
  }
  const inHeader = paxSparseMap(records);
  if (inHeader !== undefined) return { map: checkSparseMap(inHeader, stored), left: stored };
  const size = paxSparseSize(records);
  if (size === undefined) return undefined;
  const { map, consumed } = await readSparseMap(size, bytes, stored);
  return { map: checkSparseMap(map, stored - consumed), left: stored - consumed };
}

function padding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

function truncated(entry: BytePath | undefined): ArchiveError {
  return new ArchiveError('truncated', 'the tar archive ends in the middle', entry === undefined ? {} : { entry });
}
