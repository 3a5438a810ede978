import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { ToolName } from '../host/index.ts';
import { ByteSource } from './byte-source.ts';
import { chunkBytes } from './chunks.ts';
import { ArchiveError } from './error.ts';
import { feed } from './feed.ts';
import { startFilter } from './tool-filter.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz';

const magics: readonly (readonly [Compression, Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
];

/** How bytes are compressed, by their first six. What is not recognised is taken as uncompressed. */
export function detectCompression(head: Buffer): Compression {
  return magics.find(([, magic]) => head.subarray(0, magic.length).equals(magic))?.[0] ?? 'none';
}

/**
 * Decompresses a stream, by default whatever its first bytes say that it is: media types are at times wrong, and
 * container engines go by the bytes too. gzip members and zstd frames may follow one another. The source may lend its
 * pieces (see `lendHostFile`); what was not compressed is lent on.
 *
 * @throws {ArchiveError} `corrupt`, `truncated`
 * @throws {HostError} `missing-tool` where this version of Node cannot and the host has no tool
 */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  compression: Compression | 'detect' = 'detect',
): AsyncGenerator<Buffer, void, undefined> {
  const bytes = new ByteSource(source);
  try {
    const head = compression === 'detect' ? await bytes.take(6) : Buffer.alloc(0);
    const actual = compression === 'detect' ? detectCompression(head) : compression;
    const whole = rest(head, bytes);
    if (actual === 'none') yield* whole;
    else if (actual === 'gzip') yield* throughZlib(whole, zlib.createGunzip({ chunkSize: chunkBytes }), actual);
    else if (actual === 'zstd') yield* throughZstd(whole);
    else yield* throughTool(whole, 'xz', ['-dcq', '-T1']);
  } finally {
    await bytes.close();
  }
}

async function* rest(head: Buffer, bytes: ByteSource): AsyncGenerator<Buffer, void, undefined> {
  if (head.length > 0) yield head;
  while (await bytes.fill()) yield bytes.takeSome(chunkBytes) ?? Buffer.alloc(0);
}

/** Node has zstd from 22.15 on. */
interface ZlibWithZstd {
  readonly createZstdDecompress?: (options: { readonly chunkSize: number }) => Transform;
}

function throughZstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const create = (zlib as ZlibWithZstd).createZstdDecompress;
  if (create === undefined) return throughTool(source, 'zstd', ['-dcq', '--long=31']);
  return throughZlib(source, create({ chunkSize: chunkBytes }), 'zstd');
}

async function* throughZlib(
  source: AsyncIterable<Buffer>,
  transform: Transform,
  compression: Compression,
): AsyncGenerator<Buffer, void, undefined> {
  let sourceError: unknown;
  const fed = feed(source, transform).catch((error: unknown) => {
    sourceError = error;
    transform.destroy(new Error('there is no more input'));
  });
  try {
    yield* transform as AsyncIterable<Buffer>;
    await fed;
  } catch (error) {
    throw sourceError ?? decompressionError(error, compression);
  } finally {
    transform.destroy();
  }
}

function decompressionError(error: unknown, compression: Compression): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') {
    return new ArchiveError('truncated', `the ${compression} stream ends in the middle`, { cause: error });
  }
  if (!/^Z_|^ZSTD_|^ERR_/.test(code)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ArchiveError('corrupt', `the ${compression} stream cannot be decompressed: ${message}`, { cause: error });
}

async function* throughTool(
  source: AsyncIterable<Buffer>,
  tool: ToolName & Compression,
  args: readonly string[],
): AsyncGenerator<Buffer, void, undefined> {
  const running = await startFilter(tool, args, source);
  try {
    yield* running.output as AsyncIterable<Buffer>;
    const { failure } = await running.end;
    if (failure !== undefined) {
      throw new ArchiveError('corrupt', `the ${tool} stream cannot be decompressed: ${failure}`);
    }
  } finally {
    running.kill();
  }
}
