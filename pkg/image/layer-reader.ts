import { createHash } from 'node:crypto';
import { ArchiveError, decompress, type Member, readTar } from '../archive/index.ts';
import { LkitError } from '../errors/index.ts';
import { ImageError } from './error.ts';
import type { Budget } from './limits.ts';
import type { Digest } from './types.ts';

/** A layer that can be read, and more than once. */
export interface Layer {
  /** Its bytes from the start: a tar, compressed in any way. Chunks of 256 KiB are best for compressed ones. */
  readonly open: () => AsyncIterable<Buffer>;
  /** The same, in pieces that are overwritten when the next one is asked for. @default `open` */
  readonly lend?: () => AsyncIterable<Buffer>;
  /** What the uncompressed bytes must be, from the image's configuration. */
  readonly diffId?: Digest | undefined;
}

/** The members of a layer as they stand in its archive. Errors say which layer it is, counted from 1. */
export async function* readLayer(layers: readonly Layer[], number: number): AsyncGenerator<Member, void, undefined> {
  const layer = layers[number];
  if (layer === undefined) return;
  yield* named(readTar(decompress(layer.open())), number, layers.length);
}

/** As `readLayer`, while what passes is counted, and compared with the layer's diff id. */
export async function* inspectLayer(
  layers: readonly Layer[],
  number: number,
  budget: Budget,
  signal?: AbortSignal,
): AsyncGenerator<Member, void, undefined> {
  const layer = layers[number];
  if (layer === undefined) return;
  let compressed = 0;
  let decompressed = 0;
  const hash = layer.diffId === undefined ? undefined : createHash('sha256');
  const source = tap(layer.open(), (chunk) => (compressed += chunk.length));
  const tar = tap(decompress(source), (chunk) => {
    // A single file may be gigabytes.
    signal?.throwIfAborted();
    decompressed += chunk.length;
    budget.unpacked(chunk.length);
    budget.ratio(compressed, decompressed);
    hash?.update(chunk);
  });
  yield* named(readTar(tar), number, layers.length);
  const found = hash === undefined ? undefined : `sha256:${hash.digest('hex')}`;
  if (found !== layer.diffId) {
    throw new ImageError(
      'digest-mismatch',
      `layer ${number + 1} of ${layers.length}: the image's configuration says ${layer.diffId ?? ''}, but it unpacks to ${found ?? ''}`,
    );
  }
}

async function* tap(source: AsyncIterable<Buffer>, see: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    see(chunk);
    yield chunk;
  }
}

async function* named(members: AsyncIterable<Member>, number: number, count: number): AsyncGenerator<Member> {
  try {
    for await (const { entry, content } of members) yield { entry, content: namedContent(content, number, count) };
  } catch (error) {
    throw inLayerError(error, number, count);
  }
}

async function* namedContent(content: AsyncIterable<Buffer>, number: number, count: number): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    throw inLayerError(error, number, count);
  }
}

/** Errors say which layer they are about, whether reading it failed or what it wants. */
function inLayerError(error: unknown, number: number, count: number): unknown {
  const code = error instanceof ArchiveError ? 'invalid-layer' : error instanceof ImageError ? error.code : undefined;
  if (code === undefined || !(error instanceof LkitError)) return error;
  return new ImageError(code, `layer ${number + 1} of ${count}: ${error.message}`, { hint: error.hint, cause: error });
}

export function inLayer(number: number, count: number, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw inLayerError(error, number, count);
  }
}
