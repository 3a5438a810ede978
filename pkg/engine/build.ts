import { Readable } from 'node:stream';
import type { BuildFailure, BuildMessage } from './build-progress.ts';
import { BuildProgress } from './build-progress.ts';
import type { Engine } from './connect.ts';
import { dial } from './dial.ts';
import { EngineError } from './error.ts';
import { engineFailure, isNotFound } from './failure.ts';
import { jsonLines } from './json-lines.ts';
import { type BuildSession, openSession } from './session.ts';

/** What to build. */
export interface BuildRequest {
  /** A tar archive of the context, the Dockerfile in it. */
  readonly context: AsyncIterable<Buffer>;
  /** The Dockerfile's path in the archive. */
  readonly dockerfile: string;
  /** The name that the engine gives to the image. */
  readonly name: string;
  /** `linux/arm64`. */
  readonly platform: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target?: string | undefined;
  /** The engine's word for how steps reach the network. @default the engine's own choice */
  readonly networkMode?: string | undefined;
  /** Build every step anew. @default false */
  readonly noCache?: boolean | undefined;
  /** Look for newer base images. @default false */
  readonly pull?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every step and every line of output. */
  readonly onProgress?: (text: string) => void;
}

/** A build failed; `failure` says at which step. */
export class BuildError extends EngineError {
  readonly failure: BuildFailure;

  constructor(failure: BuildFailure) {
    super('build-failed', failure.message);
    this.failure = failure;
  }
}

/**
 * Builds an image, with BuildKit where the engine has it; gives the image's id.
 *
 * @throws {BuildError}; {EngineError} `engine-failed`; errors of the context as they are
 */
export async function buildImage(engine: Engine, request: BuildRequest): Promise<string> {
  const { onProgress = () => undefined, signal } = request;
  const progress = new BuildProgress();
  let contextError: unknown;
  async function* context(): AsyncGenerator<Buffer> {
    try {
      yield* request.context;
    } catch (error) {
      contextError = error;
      throw error;
    }
  }
  let session: BuildSession | undefined;
  try {
    session = engine.hasBuildKit ? await trySession(engine) : undefined;
    const answer = await dial(engine, {
      path: '/build?',
      method: 'POST',
      file: Readable.from(context(), { objectMode: false }),
      options: { ...queryOf(request), ...(session && { version: '2', session: session.id }) },
      abortSignal: signal,
      isStream: true,
      statusCodes: { 200: true, 400: 'bad request', 500: 'server error' },
    });
    for await (const message of jsonLines(answer as AsyncIterable<Buffer>)) {
      const text = progress.take(message as BuildMessage);
      if (text !== undefined) onProgress(text);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw contextError ?? engineFailure(error, 'build an image');
  } finally {
    session?.close();
  }
  if (progress.failure) throw new BuildError(progress.failure);
  if (progress.imageId === undefined) {
    throw new EngineError('engine-failed', 'the container engine ended a build without telling which image it made');
  }
  return progress.imageId;
}

/** Docker Engine API, `ImageBuild`. */
function queryOf(request: BuildRequest): Readonly<Record<string, string>> {
  const { dockerfile, name, platform, args, labels, target, networkMode, noCache, pull } = request;
  return {
    dockerfile,
    t: name,
    platform,
    buildargs: JSON.stringify(args),
    labels: JSON.stringify(labels),
    rm: '1',
    forcerm: '1',
    ...(target !== undefined && { target }),
    ...(networkMode !== undefined && { networkmode: networkMode }),
    ...(noCache === true && { nocache: '1' }),
    ...(pull === true && { pull: '1' }),
  };
}

/** Engines that only resemble Docker's may have no sessions, and so no BuildKit. */
async function trySession(engine: Engine): Promise<BuildSession | undefined> {
  try {
    return await openSession(engine);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
