import { addAbortSignal, Readable } from 'node:stream';
import type { ImageInspectInfo } from 'dockerode';
import type { Engine } from './connect.ts';
import { engineFailure, isNotFound } from './failure.ts';
import { jsonLines } from './json-lines.ts';

/** An image that an engine has. */
export interface EngineImage {
  /** Says all that the image is: the digest of its configuration or of its manifest. */
  readonly id: string;
  /** OCI's names, such as `arm` and `v7`. */
  readonly architecture: string;
  readonly variant?: string;
}

/**
 * The image of that name, or `undefined`.
 *
 * @throws {EngineError} `engine-failed`
 */
export async function inspectImage({ docker }: Engine, name: string): Promise<EngineImage | undefined> {
  try {
    const image = (await docker.getImage(name).inspect()) as ImageInspectInfo & { readonly Variant?: string };
    const { Id: id, Architecture: architecture, Variant: variant } = image;
    return { id, architecture, ...(variant !== undefined && variant !== '' && { variant }) };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw engineFailure(error, `look for the image ${name}`);
  }
}

/**
 * The archive that `docker save` would write.
 *
 * @throws {EngineError} `engine-failed`
 */
export async function* exportImage(
  { docker }: Engine,
  id: string,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const archive = (await docker.getImage(id).get()) as unknown as Readable;
    if (signal !== undefined) addAbortSignal(signal, archive);
    yield* archive as AsyncIterable<Buffer>;
  } catch (error) {
    signal?.throwIfAborted();
    throw engineFailure(error, `export the image ${id}`);
  }
}

/**
 * Gives the engine the images of an archive that `docker save` could have written.
 *
 * @throws {EngineError} `engine-failed`
 */
export async function loadImage(
  { docker }: Engine,
  archive: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const body = Readable.from(archive, { objectMode: false });
    if (signal !== undefined) addAbortSignal(signal, body);
    const answer = (await docker.loadImage(body, { quiet: true })) as unknown as AsyncIterable<Buffer>;
    for await (const message of jsonLines(answer)) {
      const { error } = message as { readonly error?: string };
      if (error !== undefined) throw new Error(error);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw engineFailure(error, 'load the image');
  }
}
