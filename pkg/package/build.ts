import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Architecture, ImageError, type StoredImage } from '../image/index.ts';
import { labelledModules, stage0Modules } from '../kernel/index.ts';
import type { Step } from '../report/index.ts';
import { StoreError } from '../store/index.ts';
import { type BuildFile, checkArchitecture, readBuildFile } from './build-yml.ts';
import { imageContents } from './contents.ts';
import type { PackageContext } from './context.ts';
import { fetchDebs } from './debs.ts';
import { PackageError } from './error.ts';
import { hashFolder } from './folder.ts';
import { kernelFiles, type KernelOptions } from './kernel.ts';
import { writeLayer } from './layer.ts';
import { type NamedLayer, writeImage } from './oci-image.ts';
import { readRecipe, type Recipe, recipeFileName } from './recipe.ts';
import type { TreeNode } from './tree.ts';

/** Counts up when the same folder and packages give another image than before. */
const builderVersion = 3;

/** Milliseconds to wait for another process that builds the same package. */
const buildWaitMs = 30 * 60 * 1000;

/**
 * The image of a package's folder for an architecture (OCI's name). A folder that has not changed since it was built is found in
 * the store: no network, no other program. Calls may run side by side; one that finds another building the same
 * package waits for it.
 *
 * @throws {PackageError}, {StoreError}, {HostError}
 */
export async function buildPackage(folder: string, arch: string, context: PackageContext): Promise<StoredImage> {
  const { store } = context;
  await checkIsFolder(folder);
  const epoch = context.sourceDateEpoch ?? 0;
  const hash = (await hashFolder(folder)).slice(0, 32);
  const tag = [hash, arch.replace('/', '-'), `v${builderVersion}`, ...(epoch === 0 ? [] : [`t${epoch}`])].join('-');
  const ref = `pkg/${refWord(path.basename(path.resolve(folder)))}:${tag}`;
  const found = context.rebuild === true ? undefined : await findImage(ref, context);
  if (found) return found;
  return store.exclusively(ref.replaceAll(/[/:]/g, '-'), buildWaitMs, async () => {
    const made = context.rebuild === true ? undefined : await findImage(ref, context);
    return made ?? (await build(folder, arch, ref, epoch, context));
  });
}

async function checkIsFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new PackageError('no-package', `there is no folder ${folder}`, { kind: 'input' });
}

/** A folder's name as a part of a reference (see the store's rules for names). */
function refWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'package';
}

async function findImage(ref: string, { store }: PackageContext): Promise<StoredImage | undefined> {
  const descriptor = await store.resolve(ref);
  if (!descriptor) return undefined;
  try {
    return await store.image(descriptor);
  } catch (error) {
    // Somebody removed blobs by hand: they are made anew.
    if (error instanceof StoreError || error instanceof ImageError) return undefined;
    throw error;
  }
}

async function build(
  folder: string,
  arch: string,
  ref: string,
  epoch: number,
  context: PackageContext,
): Promise<StoredImage> {
  const { store, reporter } = context;
  const buildFile = await readBuildFile(folder);
  checkArchitecture(buildFile, arch);
  const recipe = await recipeOf(folder, buildFile);
  const step = reporter.step(`package ${buildFile.image} (${arch})`);
  try {
    const descriptor = await store.withTemporaryFolder((temporaryFolder) =>
      makeImage({ folder, arch, epoch, buildFile, recipe, temporaryFolder, step }, context),
    );
    await store.tag(ref, descriptor);
    const image = await store.image(descriptor);
    step.end('done');
    return image;
  } catch (error) {
    step.fail();
    throw error;
  }
}

interface Making {
  readonly folder: string;
  readonly arch: Architecture;
  readonly epoch: number;
  readonly buildFile: BuildFile;
  readonly recipe: Recipe;
  readonly temporaryFolder: string;
  readonly step: Step;
}

async function makeImage(making: Making, context: PackageContext): Promise<StoredImage['descriptor']> {
  const { folder, arch, epoch, buildFile, recipe, temporaryFolder, step } = making;
  const { store, signal } = context;
  step.detail('looking packages up');
  const debs = await fetchDebs(recipe.packages, arch, step, context);
  signal?.throwIfAborted();
  const extra = recipe.kernel ? await kernelFiles(debs, kernelOptions(making, context)) : [];
  const tree = await imageContents({ folder, recipe, debs, extra, temporaryFolder, step, store });
  signal?.throwIfAborted();
  step.detail('writing the image');
  const layers: NamedLayer[] = [];
  for (const nodes of recipe.kernel ? apart(tree.sorted()) : [tree.sorted()]) {
    const names = nodes.map(({ path: name }) => name).filter((name) => !name.includes('/'));
    layers.push({ ...(await writeLayer(nodes, epoch, store)), names });
    signal?.throwIfAborted();
  }
  return writeImage({ arch, build: buildFile, recipe, debs, layers, created: epoch }, store);
}

function kernelOptions({ recipe, arch, temporaryFolder, epoch, step }: Making, context: PackageContext): KernelOptions {
  const labelled = labelledModules(recipe.labels);
  return {
    temporaryFolder,
    mtime: epoch,
    step,
    usual: labelled && [...stage0Modules, ...labelled],
    compiled: { modules: recipe.kernelModules, arch, context },
  };
}

/** Each file in the root folder by itself, and then all the rest: whoever wants one need not read the others. */
function apart(nodes: readonly TreeNode[]): readonly (readonly TreeNode[])[] {
  const isAlone = ({ path: name, type }: TreeNode): boolean => type === 'file' && !name.includes('/');
  const rest = nodes.filter((node) => !isAlone(node));
  return [...nodes.filter(isAlone).map((node) => [node]), ...(rest.length === 0 ? [] : [rest])];
}

async function recipeOf(folder: string, buildFile: BuildFile): Promise<Recipe> {
  const recipe = await readRecipe(folder);
  if (!recipe) {
    throw new PackageError('needs-engine', `package ${buildFile.image} has no Debian recipe`, {
      kind: 'input',
      at: buildFile.locate('image'),
      hint: `Write a ${recipeFileName} beside it.`,
    });
  }
  const foreign = { dockerfile: buildFile.dockerfile, buildArgs: buildFile.buildArgs, depends: buildFile.depends };
  for (const [key, value] of Object.entries({ ...foreign, 'extra-sources': buildFile.extraSources })) {
    if (value === undefined || value.length === 0) continue;
    throw new PackageError('invalid-key', `"${key}" has no meaning for a package with a ${recipeFileName}`, {
      kind: 'input',
      at: buildFile.locate(key),
    });
  }
  return recipe;
}
