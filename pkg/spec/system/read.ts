import path from 'node:path';
import type { Location } from '../../errors/index.ts';
import type { LoadedFile } from '../problem.ts';
import { locate } from '../text.ts';
import type { ContainerSpec, FileContent, FileSpec, ImageSpec, ModuleSpec, ServiceSpec, VolumeSpec } from '../types.ts';
import { child, items, type Tree } from '../yaml/tree.ts';
import { durationMs } from './duration.ts';
import { toOwner, toRuntimeKeys } from './runtime-keys.ts';
import type { WrittenContainer, WrittenFile, WrittenImage, WrittenVolume } from './written.ts';

const healthcheckDefaults = { intervalMs: 5000, retries: 3 };

/** Turns one file's validated values into parts of a specification, each with its place. */
export class SystemReader {
  readonly #file: LoadedFile;

  constructor(file: LoadedFile) {
    this.#file = file;
  }

  at(node: Tree | undefined): Location {
    return locate(this.#file.source.file, this.#file.lines, node?.start ?? 0);
  }

  /** The node of an item of a top-level list. */
  item(section: string, index: number): Tree | undefined {
    return items(child(this.#file.root, section))[index];
  }

  reference(text: string, node: Tree | undefined): ImageSpec {
    return { text, at: this.at(node), baseDir: this.#file.source.baseDir };
  }

  /** What `image` or `build` says; `undefined` where there is neither. */
  image({ image, build }: WrittenImage, owner: Tree | undefined): ImageSpec | undefined {
    if (build === undefined)
      return image === undefined || image === '' ? undefined : this.reference(image, child(owner, 'image'));
    const context = typeof build === 'string' ? build : build.context;
    return {
      ...this.reference(context, child(owner, 'build')),
      build: typeof build === 'string' ? { context } : build,
    };
  }

  module(text: string, node: Tree | undefined): ModuleSpec {
    const [name = '', ...parameters] = text.split(/ +/);
    return { name, parameters: parameters.join(' '), at: this.at(node) };
  }

  container(written: WrittenContainer, node: Tree | undefined): ContainerSpec {
    return {
      name: written.name,
      image: this.image(written, node) ?? this.reference('', node),
      at: this.at(node),
      places: this.#places(node),
      onFailure: written.onFailure,
      ...toRuntimeKeys(written),
    };
  }

  #places(node: Tree | undefined): Readonly<Record<string, Location>> {
    if (node?.kind !== 'mapping') return {};
    return Object.fromEntries([...node.entries].map(([name, { key }]) => [name, this.#file.locate(key)]));
  }

  service(written: WrittenContainer, node: Tree | undefined): ServiceSpec {
    const { restart, restartDelay, dependsOn, healthcheck } = written;
    return {
      ...this.container(written, node),
      restart,
      restartDelayMs: restartDelay === undefined ? undefined : durationMs(restartDelay),
      dependsOn,
      healthcheck: healthcheck && {
        command: healthcheck.command,
        intervalMs:
          healthcheck.interval === undefined ? healthcheckDefaults.intervalMs : durationMs(healthcheck.interval),
        retries: healthcheck.retries ?? healthcheckDefaults.retries,
      },
    };
  }

  file(written: WrittenFile, node: Tree | undefined): FileSpec {
    const content = this.#content(written);
    return {
      path: path.posix.normalize(written.path).replace(/^\/+|\/+$/g, ''),
      at: this.at(node),
      content,
      mode:
        written.mode === undefined ? (content.kind === 'directory' ? 0o700 : 0o600) : Number.parseInt(written.mode, 8),
      uid: toOwner(written.uid),
      gid: toOwner(written.gid),
    };
  }

  #content({ directory, symlink, metadata, source, contents, optional }: WrittenFile): FileContent {
    if (directory === true) return { kind: 'directory' };
    if (symlink !== undefined && symlink !== '') return { kind: 'symlink', target: symlink };
    if (metadata !== undefined && metadata !== '') return { kind: 'metadata', format: metadata };
    if (source !== undefined && source !== '') {
      return { kind: 'source', path: source, optional: optional ?? false, baseDir: this.#file.source.baseDir };
    }
    return { kind: 'text', text: contents ?? '' };
  }

  volume(written: WrittenVolume, node: Tree | undefined): VolumeSpec {
    return {
      name: written.name,
      at: this.at(node),
      image: this.image(written, node),
      readonly: written.readonly ?? false,
      format: written.format ?? 'filesystem',
      platforms: written.platforms,
    };
  }
}
