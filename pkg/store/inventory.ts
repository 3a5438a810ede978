import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { debDigest, debianPackagesOf, type Digest, isDigest, parseManifest } from '../image/index.ts';
import { recordedBuilds, type RecordedBuild, type UsedImage } from './build-record.ts';
import { derivedRecords, type DerivedRecord, readJson, recordId } from './derived.ts';
import { readJsonObject } from './json-blob.ts';
import { recordedPulls } from './pull-record.ts';
import { refNameAnnotation } from './refs.ts';
import type { Store } from './store.ts';

/** A file of the store. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** A manifest, or an index of manifests. */
export interface ManifestFacts {
  readonly kind: 'manifest' | 'index';
  /** What it cannot do without: its configuration and layers, or the manifests that it lists. */
  readonly parts: readonly Digest[];
  /** Of a manifest: the first of its parts. */
  readonly config: Digest | undefined;
  /** The Debian packages that it was made of, to make it again without a network. */
  readonly packages: readonly Digest[];
}

export interface DerivedFacts extends StoredFile {
  /** `KIND/HEX`. */
  readonly name: string;
  /** Unknown for what an older lkit made. */
  readonly record: DerivedRecord | undefined;
}

/** Everything in a store. */
export interface Inventory {
  /** Names, in the order of the index. */
  readonly names: readonly { readonly name: string; readonly digest: Digest }[];
  readonly blobs: ReadonlyMap<Digest, StoredFile>;
  readonly manifests: ReadonlyMap<Digest, ManifestFacts>;
  readonly derived: readonly DerivedFacts[];
  readonly builds: readonly RecordedBuild[];
  /** Images that were got by themselves. */
  readonly pulls: readonly UsedImage[];
  /** Bytes of other programs' caches. */
  readonly stateBytes: number;
}

/** Looks at everything in a store, without counting that as use. What goes away meanwhile is left out. */
export async function takeInventory(store: Store): Promise<Inventory> {
  const [index, blobs, derived, builds, pulls, stateBytes] = await Promise.all([
    store.index(),
    listBlobs(store),
    listDerived(store),
    recordedBuilds(store),
    recordedPulls(store),
    sizeOf(store.folders.state),
  ]);
  const names = index.manifests.flatMap(({ digest, annotations }) => {
    const name = annotations?.[refNameAnnotation];
    return name === undefined ? [] : [{ name, digest }];
  });
  return { names, blobs, manifests: await readManifests(store, blobs), derived, builds, pulls, stateBytes };
}

async function listBlobs({ folders }: Store): Promise<ReadonlyMap<Digest, StoredFile>> {
  const names = await readdir(folders.blobs);
  const files = await Promise.all(
    names.map(async (name) => {
      const digest = `sha256:${name}`;
      const file = isDigest(digest) ? await look(path.join(folders.blobs, name)) : undefined;
      return file === undefined ? [] : [[digest as Digest, file] as const];
    }),
  );
  return new Map(files.flat());
}

async function listDerived({ folders }: Store): Promise<readonly DerivedFacts[]> {
  const kinds = await readdir(folders.derived).catch(() => []);
  const listed = await Promise.all(
    kinds.map(async (kind) => {
      const names = (await readdir(path.join(folders.derived, kind)).catch(() => [])).map((name) => `${kind}/${name}`);
      return Promise.all(names.map((name) => describeDerived(folders, name)));
    }),
  );
  return listed.flat(2);
}

async function describeDerived(folders: Store['folders'], name: string): Promise<readonly DerivedFacts[]> {
  const file = await look(path.join(folders.derived, name));
  if (file === undefined) return [];
  const record = await readJson(path.join(folders.records, derivedRecords, `${recordId(name)}.json`));
  return [{ name, ...file, record: record as DerivedRecord | undefined }];
}

/** Blobs that are JSON and read as a manifest. Nothing else says which blobs are manifests of images without a name. */
async function readManifests(
  store: Store,
  blobs: ReadonlyMap<Digest, StoredFile>,
): Promise<ReadonlyMap<Digest, ManifestFacts>> {
  const manifests = new Map<Digest, ManifestFacts>();
  for (const digest of blobs.keys()) {
    const bytes = await readJsonObject(store.blobPath(digest));
    const facts = bytes && manifestFacts(bytes);
    if (facts !== undefined) manifests.set(digest, facts);
  }
  return manifests;
}

function manifestFacts(bytes: Buffer): ManifestFacts | undefined {
  try {
    const parsed = parseManifest(bytes, Infinity);
    if (parsed.kind === 'index') {
      const parts = parsed.index.manifests.map(({ digest }) => digest);
      return { kind: 'index', parts, config: undefined, packages: [] };
    }
    const { config, layers } = parsed.manifest;
    const parts = [config, ...layers].map(({ digest }) => digest);
    return {
      kind: 'manifest',
      parts,
      config: config.digest,
      packages: debianPackagesOf(parsed.manifest).map(debDigest),
    };
  } catch {
    return undefined;
  }
}

async function look(file: string): Promise<StoredFile | undefined> {
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() === true ? { size: stats.size, usedAt: stats.mtimeMs } : undefined;
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => look(path.join(entry.parentPath, entry.name))),
  );
  return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}
