import path from 'node:path';
import { BuildError, buildImage } from '../engine/index.ts';
import { type Descriptor, isForArchitecture, sha256, type StoredImage } from '../image/index.ts';
import { noCredentials } from '../registry/index.ts';
import { pullPrivateBases } from './base-pull.ts';
import { contextFiles, type ContextSpec, hashContext, packContext } from './build-context.ts';
import { buildFailure } from './build-failure.ts';
import type { SourceContext } from './context.ts';
import { type DockerfileBuild, readContext } from './dockerfile-context.ts';
import { fetchFromEngine, requireEngine } from './engine.ts';
import { fault, type Named } from './fault.ts';
import { importOnce } from './imported.ts';

/**
 * The image that a Dockerfile makes, built by the container engine. What has been built from the same context, in the
 * same way, is found in the store, and needs no engine.
 *
 * @throws {SourceError} `bad-context`, `bad-dockerfile`, `build-failed`, `wrong-architecture`; {EngineError}
 */
export async function buildDockerfile(
  build: DockerfileBuild,
  image: Named,
  context: SourceContext,
): Promise<StoredImage> {
  const { store, arch, packages } = context;
  const { args, target, labels = {}, network = true } = build;
  const platform = platformOf(build, image, context);
  const spec = await readContext(build, image);
  const hash = await hashContext(spec);
  let isFirst = true;
  // The engine read the folder after it was hashed: it counts only if it is still the same.
  const identity = async (): Promise<string> => {
    const known = isFirst ? hash : await hashContext(spec);
    isFirst = false;
    return known;
  };
  const settings = JSON.stringify([
    Object.entries(args).sort(),
    target,
    platform,
    Object.entries(labels).sort(),
    network,
  ]);
  const id = [hash, sha256(settings)];
  const anew = packages.rebuild === true;
  const imported = await importOnce(
    { kind: 'build', name: build.folder, id, identity, arch, at: image.at },
    store,
    () => buildInEngine(build, spec, platform, image, context),
    { anew },
  );
  return imported.image;
}

async function buildInEngine(
  build: DockerfileBuild,
  spec: ContextSpec,
  platform: string,
  image: Named,
  context: SourceContext,
): Promise<Descriptor> {
  const { store, arch, packages, credentials = noCredentials, signal } = context;
  const engine = await requireEngine({ text: `building ${build.folder}`, at: image.at }, context);
  const step = packages.reporter.step(`build ${path.basename(build.folder)}`);
  const onProgress = (text: string): void => {
    step.detail(text);
    packages.reporter.debug(`${path.basename(build.folder)}: ${text}`);
  };
  try {
    const { args } = build;
    const refresh = packages.rebuild === true;
    const dockerfile = spec.dockerfile.text;
    const isPrivate = await pullPrivateBases(engine, { dockerfile, args, platform, credentials, refresh, onProgress });
    const id = await buildImage(engine, {
      files: () => contextFiles(spec),
      archive: () => packContext(spec),
      dockerfile: spec.dockerfile,
      name: `lkit-build/${nameWord(build.folder)}:${arch.replace('/', '-')}`,
      platform,
      args,
      labels: build.labels ?? {},
      target: build.target,
      networkMode: build.network === false ? 'none' : undefined,
      noCache: build.noCache,
      pull: refresh && !isPrivate,
      onProgress,
      signal,
    });
    const descriptor = await fetchFromEngine(engine, id, { ref: undefined, arch, image }, { store, step, signal });
    step.end('done');
    return descriptor;
  } catch (error) {
    step.fail();
    throw error instanceof BuildError ? buildFailure(error, build, spec.dockerfile.text, image) : error;
  }
}

/** @throws {SourceError} `wrong-architecture`, `bad-dockerfile` */
function platformOf({ platform }: DockerfileBuild, image: Named, { arch }: SourceContext): string {
  if (platform === undefined) return `linux/${arch}`;
  const [os, architecture = '', variant] = platform.split('/');
  const found = { architecture, ...(variant !== undefined && { variant }) };
  if (os === 'linux' && isForArchitecture(found, { arch })) return platform;
  throw fault(
    'wrong-architecture',
    `${image.text} is built for ${platform}, but the system is for linux/${arch}`,
    image,
  );
}

/** A folder's name as a part of an image's name. */
function nameWord(folder: string): string {
  const word = path.basename(path.resolve(folder)).toLowerCase();
  return word.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'image';
}
