import path from 'node:path';
import {
  annotations,
  type Architecture,
  type Descriptor,
  type ExecutionConfig,
  type ImageConfig,
  labels,
  type Manifest,
  mediaTypes,
} from '../image/index.ts';
import type { Store, StoredLayer } from '../store/index.ts';
import type { BuildFile } from './build-yml.ts';
import type { StoredDeb } from './debs.ts';

import type { Recipe } from './recipe.ts';

export interface OciImageInput {
  readonly arch: Architecture;
  readonly build: BuildFile;
  readonly recipe: Recipe;
  readonly debs: readonly StoredDeb[];
  /** Lowest first. */
  readonly layers: readonly NamedLayer[];
  /** Seconds since 1970. */
  readonly created: number;
}

/** A layer that shares nothing with the others of its image, and the names that it has in the root folder. */
export interface NamedLayer extends StoredLayer {
  readonly names: readonly string[];
}

/** Writes the configuration and the manifest of an image; gives the manifest's descriptor. */
export async function writeImage(input: OciImageInput, store: Store): Promise<Descriptor> {
  const { layers, debs, arch } = input;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await store.putJson(imageConfig(input), mediaTypes.config),
    layers: layers.map(layerDescriptor),
    annotations: { [annotations.debianPackages]: JSON.stringify(debs.map(packageRecord)) },
  };
  const descriptor = await store.putJson(manifest, mediaTypes.manifest);
  return { ...descriptor, platform: { os: 'linux', architecture: arch } };
}

function layerDescriptor({ descriptor, names }: NamedLayer): Descriptor {
  return { ...descriptor, annotations: { [annotations.layerNames]: JSON.stringify(names) } };
}

function packageRecord({ package: { name, version, architecture, sha256 } }: StoredDeb): object {
  return { name, version, architecture, sha256 };
}

function imageConfig({ arch, build, recipe, layers, created }: OciImageInput): ImageConfig {
  const time = new Date(created * 1000).toISOString().replace('.000Z', 'Z');
  return {
    created: time,
    architecture: arch,
    os: 'linux',
    config: executionConfig(build, recipe),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: time, created_by: `lkit: package ${build.image}` })),
  };
}

function executionConfig(build: BuildFile, recipe: Recipe): ExecutionConfig {
  const { entrypoint, cmd, env, workdir, user } = recipe;
  const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const hasPath = env?.some((variable) => variable.startsWith('PATH=')) ?? false;
  return {
    Env: [...(hasPath ? [] : [searchPath]), ...(env ?? [])],
    ...(entrypoint && { Entrypoint: entrypoint }),
    ...(cmd && { Cmd: cmd }),
    ...(workdir !== undefined && { WorkingDir: path.posix.normalize(workdir) }),
    ...(user !== undefined && { User: user }),
    Labels: {
      'org.opencontainers.image.title': build.image,
      ...(build.gitrepo !== undefined && { 'org.opencontainers.image.source': build.gitrepo }),
      ...(build.config && { [labels.mobyConfig]: JSON.stringify(build.config) }),
      ...recipe.labels,
    },
  };
}
