import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Member, readTar } from '../../../pkg/archive/index.ts';
import type { Engine } from '../../../pkg/engine/index.ts';
import type { LkitError } from '../../../pkg/errors/index.ts';
import type { Architecture, StoredImage } from '../../../pkg/image/index.ts';
import { createPackageContext } from '../../../pkg/package/index.ts';
import type { CredentialSource, RegistryClient } from '../../../pkg/registry/index.ts';
import { type Outcome, type Reporter, silentReporter } from '../../../pkg/report/index.ts';
import { resolveImage } from '../../../pkg/source/index.ts';
import type { BuildSpec } from '../../../pkg/spec/index.ts';
import { imageTree, Store } from '../../../pkg/store/index.ts';
import { describeTree } from '../../support/describe-tree.ts';

export const run = promisify(execFile);

const isRoot = process.getuid?.() === 0;

export interface ResolveOptions {
  readonly build?: BuildSpec;
  readonly arch?: Architecture;
  readonly engine?: () => Promise<Engine>;
  readonly preferEngine?: boolean;
  readonly credentials?: CredentialSource;
  readonly registry?: RegistryClient;
  readonly signal?: AbortSignal;
  /** Build anew what has been built. */
  readonly rebuild?: boolean;
}

/** A folder of its own with a store, in which the images of a YAML file are resolved. */
export class Workbench {
  readonly folder: string;
  readonly store: Store;
  /** How each step ended. */
  readonly outcomes: Outcome[] = [];
  /** Everything that was shown while it ran. */
  readonly shown: string[] = [];
  readonly warnings: string[] = [];

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.store = store;
  }

  static async open(): Promise<Workbench> {
    const folder = await mkdtemp(path.join(tmpdir(), 'lkit-source-'));
    return new Workbench(folder, await Store.open(path.join(folder, 'store')));
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  path(...names: readonly string[]): string {
    return path.join(this.folder, ...names);
  }

  /** The place of each image in the YAML file that there would be. */
  readonly at = { file: 'lkit.yml', line: 4, column: 9 };

  resolve(text: string, { arch = 'amd64', build, rebuild, ...options }: ResolveOptions = {}): Promise<StoredImage> {
    const packages = createPackageContext({ store: this.store, reporter: this.#reporter(), rebuild });
    const spec = { text, at: this.at, baseDir: this.folder, ...(build && { build }) };
    const context = { store: this.store, arch, packagesDir: this.path('shipped'), packages, ...options };
    return resolveImage(spec, context);
  }

  /** The error that resolving ends with, as code and text. */
  async refusal(text: string, options: ResolveOptions = {}): Promise<LkitError> {
    const image = await this.resolve(text, options).catch((error: unknown) => error as LkitError);
    if (image instanceof Error) return image;
    throw new Error(`${text} was resolved to ${image.descriptor.digest}`);
  }

  #reporter(): Reporter {
    const step = {
      progress: () => undefined,
      detail: (text: string) => void this.shown.push(text),
      end: (outcome: Outcome) => void this.outcomes.push(outcome),
      fail: () => undefined,
    };
    return { ...silentReporter, step: () => step, warn: (text) => void this.warnings.push(text) };
  }

  /** The files of an image, as comparable lines. */
  tree(image: StoredImage): Promise<readonly string[]> {
    return describeTree(imageTree(this.store, image));
  }

  /** The files that skopeo and umoci get out of an image that skopeo finds under `from`. */
  async judgedTree(from: string): Promise<readonly string[]> {
    const [layout, bundle] = [this.path('judge'), this.path('judge-bundle')];
    await Promise.all([layout, bundle].map((folder) => rm(folder, { recursive: true, force: true })));
    await run('skopeo', ['copy', '--quiet', from, `oci:${layout}:judged`]);
    await run('umoci', ['unpack', ...(isRoot ? [] : ['--rootless']), '--image', `${layout}:judged`, bundle]);
    return describeTree(treeOnDisk(path.join(bundle, 'rootfs')));
  }
}

/** A folder's files, read by GNU tar. */
export function treeOnDisk(folder: string): AsyncIterable<Member> {
  const args = ['--format=pax', '--sort=name', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  return readTar(spawn('tar', [...args, '-C', folder, '-cf', '-', '.']).stdout);
}
