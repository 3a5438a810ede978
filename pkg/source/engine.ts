import {
  type Engine,
  EngineError,
  type EngineImage,
  engineProvider,
  exportImage,
  inspectImage,
} from '../engine/index.ts';
import { type Descriptor, isForArchitecture, type StoredImage } from '../image/index.ts';
import type { Step } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import { ArchiveFiles } from './archive-files.ts';
import type { SourceContext } from './context.ts';
import { importDockerArchive } from './docker-archive.ts';
import { explainFault, fault, type Named } from './fault.ts';
import { importOnce } from './imported.ts';
import { checkArchitecture, type Wanted } from './oci-layout.ts';

/**
 * `docker-daemon:NAME`: an image that the container engine has. It is exported again only when the name has come to
 * mean another image.
 *
 * @throws {SourceError} `no-image`, `wrong-architecture`, `bad-image`; {EngineError} `no-engine`, `engine-failed`
 */
export async function importFromEngine(name: string, image: Named, context: SourceContext): Promise<StoredImage> {
  const engine = await requireEngine(image, context);
  const found = await inspectImage(engine, name);
  if (!found) {
    const hint = `docker image ls shows what it has; docker pull ${name} gets an image from a registry.`;
    throw fault('no-image', `the container engine (${engine.version}) has no image "${name}"`, image, hint);
  }
  checkArchitecture(found, { arch: context.arch, orOnly: context.orOnly, image });
  return importFound(engine, found, name, image, context);
}

/**
 * The image of that name for the system's architecture, if the engine has it: for `--docker`, which looks there before
 * it asks a registry.
 *
 * @throws {EngineError} `no-engine`, `engine-failed`; {SourceError} `bad-image`
 */
export async function findInEngine(
  name: string,
  image: Named,
  context: SourceContext,
): Promise<StoredImage | undefined> {
  const engine = await requireEngine(image, context);
  const found = await inspectImage(engine, name);
  if (found === undefined || !isForArchitecture(found, { arch: context.arch })) return undefined;
  return importFound(engine, found, name, image, context);
}

async function importFound(
  engine: Engine,
  { id }: EngineImage,
  name: string,
  image: Named,
  { store, arch, orOnly, packages, signal }: SourceContext,
): Promise<StoredImage> {
  const step = packages.reporter.step(`export ${name}`);
  try {
    const identity = (): Promise<string> => Promise.resolve(id);
    const imported = await importOnce({ kind: 'docker-daemon', name, id: [name], identity, arch }, store, () => {
      return fetchFromEngine(engine, id, { ref: undefined, arch, orOnly, image }, { store, step, signal });
    });
    step.end(imported.outcome);
    return imported.image;
  } catch (error) {
    step.fail();
    throw error;
  }
}

interface Fetching {
  readonly store: Store;
  readonly step: Step;
  readonly signal?: AbortSignal | undefined;
}

/** Streams an image out of an engine into the store; gives the manifest's descriptor. */
export async function fetchFromEngine(
  engine: Engine,
  id: string,
  wanted: Wanted,
  { store, step, signal }: Fetching,
): Promise<Descriptor> {
  const name = `what ${engine.version} exports of ${id}`;
  async function* open(): AsyncGenerator<Buffer> {
    let done = 0;
    for await (const chunk of exportImage(engine, id, signal)) {
      step.progress((done += chunk.length));
      yield chunk;
    }
  }
  try {
    return await importDockerArchive(await ArchiveFiles.scan({ name, open, once: true }, store), wanted, store);
  } catch (error) {
    throw explainFault(error, name, wanted.image);
  }
}

/** @throws {EngineError} `no-engine`, which says what needs it */
export async function requireEngine(
  { text, at }: Named,
  { engine = engineProvider({}) }: SourceContext,
): Promise<Engine> {
  try {
    return await engine();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'no-engine') throw error;
    const { message, hint } = error;
    throw new EngineError('no-engine', `${text} needs a container engine, but ${message}`, { at, hint, cause: error });
  }
}
