import path from 'node:path';
import { Readable } from 'node:stream';
import { bytePath, contentOf, type Member } from '../archive/index.ts';
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
  /** The context: each folder before what is in it, and the names of a folder in the order of their bytes. */
  readonly files: () => AsyncIterable<Member>;
  /** The context as a tar archive, the Dockerfile and `.dockerignore` in it, for engines without BuildKit. */
  readonly archive: () => AsyncIterable<Buffer>;
  /** `name` is its path in the archive. */
  readonly dockerfile: { readonly name: string; readonly text: string };
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
  async function* noting<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* source;
    } catch (error) {
      contextError = error;
      throw error;
    }
  }
  async function* files(): AsyncGenerator<Member> {
    for await (const { entry, content } of noting(request.files())) yield { entry, content: noting(content) };
  }
  let session: BuildSession | undefined;
  try {
    session = engine.hasBuildKit ? await trySession(engine, request.dockerfile, files) : undefined;
    const answer = await dial(engine, {
      path: '/build?',
      method: 'POST',
      ...(session
        ? { options: { _query: sessionQuery(request, session), _body: {} } }
        : { options: queryOf(request), file: Readable.from(noting(request.archive()), { objectMode: false }) }),
      abortSignal: signal,
      isStream: true,
      statusCodes: { 200: true, 400: 'bad request', 500: 'server error' },
    });
    for await (const message of jsonLines(answer as AsyncIterable<Buffer>)) {
      const text = progress.take(message as BuildMessage);
      if (text !== undefined) onProgress(text);
    }
    if (progress.failure) throw new BuildError(progress.failure);
  } catch (error) {
    signal?.throwIfAborted();
    throw contextError ?? engineFailure(error, 'build an image');
  } finally {
    session?.close();
  }
  if (progress.imageId === undefined) {
    throw new EngineError('engine-failed', 'the container engine ended a build without telling which image it made');
  }
  return progress.imageId;
}

/** Docker Engine API, `ImageBuild`. */
function queryOf(request: BuildRequest): Readonly<Record<string, string>> {
  const { dockerfile, name, platform, args, labels, target, networkMode, noCache, pull } = request;
  return {
    dockerfile: dockerfile.name,
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

/** With BuildKit, all files come by way of the session. */
function sessionQuery(request: BuildRequest, { id }: BuildSession): Readonly<Record<string, string>> {
  const dockerfile = baseName(request.dockerfile);
  return { ...queryOf(request), dockerfile, remote: 'client-session', version: '2', session: id };
}

/** By itself, the Dockerfile is in no folder. */
function baseName({ name }: BuildRequest['dockerfile']): string {
  return path.posix.basename(name);
}

/** Engines that only resemble Docker's may have no sessions, and so no BuildKit. */
async function trySession(
  engine: Engine,
  dockerfile: BuildRequest['dockerfile'],
  context: BuildRequest['files'],
): Promise<BuildSession | undefined> {
  const bytes = Buffer.from(dockerfile.text);
  const place = { path: bytePath(baseName(dockerfile)), uid: 0, gid: 0, mtime: 0 };
  const entry = { ...place, type: 'file', mode: 0o644, size: bytes.length } as const;
  try {
    return await openSession(engine, { context, dockerfile: () => [{ entry, content: contentOf(bytes) }] });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
