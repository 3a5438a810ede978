import { stat } from 'node:fs/promises';
import { listTree, type Member, readHostFile } from '../archive/index.ts';
import { type Descriptor, type ImageConfig, mediaTypes, type Platform, type StoredImage } from '../image/index.ts';
import type { Reporter } from '../report/index.ts';
import { ProgramWatch, readXattrs, requireTar, tarMembers, treeMembers } from '../source/index.ts';
import { imageTree, putLayer, type Store, type StoredLayer } from '../store/index.ts';
import { type BinaryFiles, binaryFiles } from './binary.ts';
import { type ConfigChanges, emptyConfig, parseLabels, timeText, withConfig } from './config.ts';
import { AuthoringError } from './error.ts';
import { below, keepOwners, mapOwner, type Ownership, plainFiles, withOwners } from './members.ts';

/** Smallest, as images are made once and carried around often. */
const gzipLevel = 9;

export interface AuthoringContext {
  readonly store: Store;
  readonly reporter: Reporter;
  /** Seconds since 1970 that the image and its files carry. */
  readonly created: number;
  /** Who runs lkit; root keeps owners as they are. */
  readonly user: { readonly uid: number; readonly gid: number };
}

export interface CreateRequest extends ConfigChanges {
  /** A program of this host. */
  readonly binary?: string | undefined;
  /** Where the program goes. @default `/` and its name */
  readonly target?: string | undefined;
  readonly withLibraries?: boolean | undefined;
  /** A folder, or a tar archive in any compression. */
  readonly rootfs?: string | undefined;
  /** @default that of the programs in it */
  readonly platform?: Platform | undefined;
  /** Of the manifest: `name=value`. */
  readonly annotations?: readonly string[] | undefined;
}

/**
 * An image of one layer, in the store and under no name: of a program, or of a root file system. The same files and
 * options make the same bytes.
 *
 * @throws {AuthoringError}; {SourceError} for an archive that is none; {ImageError} `limit-exceeded`
 */
export async function createImage(request: CreateRequest, context: AuthoringContext): Promise<StoredImage> {
  const { binary, rootfs, target, withLibraries = false, platform, annotations = [] } = request;
  const { store, created } = context;
  const parsed = parseLabels(annotations);
  if (binary !== undefined) {
    const files = await binaryFiles({ file: binary, target, withLibraries, platform });
    const config = withConfig(
      emptyConfig(files.platform),
      { ...request, entrypoint: entrypointOf(request, files) },
      created,
    );
    const layer = await putLayer(store, plainFiles(files.files, created), gzipLevel);
    return putImage(store, withLayer(config, layer, 'lkit image create', created), [layer.descriptor], parsed);
  }
  if (rootfs === undefined) {
    throw new AuthoringError('no-files', 'an image is made of a program or a root file system', {
      kind: 'input',
      hint: 'Give one of --binary and --rootfs.',
    });
  }
  const watch = new ProgramWatch();
  const layer = await putLayer(store, watch.watch(await rootfsMembers(rootfs, context)), gzipLevel);
  if (watch.count === 0) throw new AuthoringError('no-files', `${rootfs} holds no files`, { kind: 'input' });
  const found = platform ?? watch.platform;
  if (found === undefined) {
    throw new AuthoringError('wrong-architecture', `${rootfs} holds no program that tells its architecture`, {
      kind: 'input',
      hint: 'Say which: --platform linux/arm64',
    });
  }
  const config = withLayer(withConfig(emptyConfig(found), request, created), layer, 'lkit image create', created);
  return checked(store, await putImage(store, config, [layer.descriptor], parsed));
}

/** A program is what its image runs. */
function entrypointOf({ entrypoint }: ConfigChanges, { target }: BinaryFiles): readonly string[] {
  return entrypoint ?? [target];
}

/** A folder's or an archive's files. What belongs to the user who runs lkit, unless that is root, becomes root's. */
export async function rootfsMembers(file: string, context: AuthoringContext): Promise<AsyncIterable<Member>> {
  const { reporter, store, created, user } = context;
  const stats = await stat(file).catch(() => undefined);
  const ownership: Ownership = user.uid === 0 ? keepOwners : mapOwner(user);
  if (stats?.isDirectory() === true) {
    const xattrs = await readXattrs(file, reporter);
    return withOwners(treeMembers(file, await listTree(file), { mtime: created, xattrs }), ownership, created);
  }
  await requireTar(file, { text: file });
  return withOwners(tarMembers({ name: file, open: () => readHostFile(file) }, store.limits), keepOwners, created);
}

/**
 * An image with one layer more.
 *
 * @param folder where in the image the files go, absolute
 */
export async function appendLayer(
  image: StoredImage,
  { file, folder }: { readonly file: string; readonly folder: string },
  context: AuthoringContext,
): Promise<StoredImage> {
  const { store, created } = context;
  const members = below(folder, await rootfsMembers(file, context), created);
  const layer = await putLayer(store, members, gzipLevel);
  const before = { ...(await wholeConfig(store, image)), created: timeText(created) };
  const config = withLayer(before, layer, 'lkit image append', created);
  const layers = [...image.manifest.layers, layer.descriptor];
  return checked(store, await putImage(store, config, layers, image.manifest.annotations));
}

/** An image with another configuration and the same layers. */
export async function reconfigure(
  image: StoredImage,
  changes: ConfigChanges & { readonly annotations?: readonly string[] | undefined },
  { store, created }: AuthoringContext,
): Promise<StoredImage> {
  const annotations = { ...image.manifest.annotations, ...parseLabels(changes.annotations ?? []) };
  const config = withConfig(await wholeConfig(store, image), changes, created);
  return putImage(store, config, image.manifest.layers, annotations);
}

/** With the fields that lkit has no use for: those of Docker (`Healthcheck`, `OnBuild`), and of later specifications. */
async function wholeConfig(store: Store, image: StoredImage): Promise<ImageConfig> {
  const written = JSON.parse((await store.readBlob(image.manifest.config)).toString('utf8')) as ImageConfig;
  return { ...written, ...image.config, config: { ...written.config, ...image.config.config } };
}

function withLayer(config: ImageConfig, layer: StoredLayer, createdBy: string, created: number): ImageConfig {
  return {
    ...config,
    rootfs: { type: 'layers', diff_ids: [...config.rootfs.diff_ids, layer.diffId] },
    history: [...(config.history ?? []), { created: timeText(created), created_by: createdBy }],
  };
}

async function putImage(
  store: Store,
  config: ImageConfig,
  layers: readonly Descriptor[],
  annotations: Readonly<Record<string, string>> = {},
): Promise<StoredImage> {
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await store.putJson(config, mediaTypes.config),
    layers,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  return store.image(await store.putJson(manifest, mediaTypes.manifest));
}

/**
 * Reads an image as whoever unpacks it will. An archive can hold what no tree allows: names that lead out of it, links
 * to nothing.
 *
 * @throws {ImageError}
 */
async function checked(store: Store, image: StoredImage): Promise<StoredImage> {
  const members = imageTree(store, image)[Symbol.asyncIterator]();
  while ((await members.next()).done !== true);
  return image;
}
