import {
  type Descriptor,
  formatPlatform,
  type ImageReference,
  isForArchitecture,
  limitHint,
  type Limits,
  maxConfigBytes,
  type Manifest,
  parseConfig,
  type StoredImage,
  type WantedPlatform,
} from '../image/index.ts';
import { StoreError } from '../store/index.ts';
import { RegistryError } from './error.ts';
import { chooseImage, explained, fetchManifest, type FetchedManifest, headManifest, parseAs } from './manifest.ts';
import type { Repository } from './repository.ts';
import { retrying } from './retry.ts';
import { allOrNone } from './slots.ts';
import { nameInStore } from './store-name.ts';
import { maxIndexDepth } from './stored.ts';
import { ensureBlob, persistenceOf, type Transfer } from './transfer.ts';

export interface Wanted {
  readonly reference: ImageReference;
  readonly platform: WantedPlatform;
  /** As the user wrote it. */
  readonly name: string;
  /** What the reference stood for when it was last asked about. */
  readonly before: Descriptor | undefined;
  /** Whether a tag may stand for something else by now. */
  readonly asksAgain: boolean;
}

/**
 * Gets an image from one server into the store, all but what is there already, and names it there.
 *
 * @throws {RegistryError}, {StoreError}
 */
export async function fetchImage(repository: Repository, wanted: Wanted, transfer: Transfer): Promise<StoredImage> {
  const { store } = transfer;
  const top = await topManifest(repository, wanted, transfer);
  const { descriptor, manifest } = await chosenManifest(repository, top, wanted, transfer);
  const what = `${repository.label}: ${descriptor.digest}`;
  checkLimits(manifest, store.limits, what);
  await ensureBlob(repository, manifest.config, 'configuration', transfer);
  const configBytes = await store.readBlob(manifest.config);
  const config = explained(what, () => parseConfig(configBytes, manifest.layers.length));
  if (config.os !== 'linux' || !isForArchitecture(config, wanted.platform)) {
    const platforms = `${formatPlatform(config)}, but the system is for linux/${wanted.platform.arch}`;
    throw new RegistryError('no-platform', `${wanted.name} is for ${platforms}`, { kind: 'input' });
  }
  await fetchLayers(repository, manifest, transfer);
  await store.tag(nameInStore(wanted.reference), top.descriptor);
  return store.image(descriptor);
}

/** What the reference stands for. */
async function topManifest(repository: Repository, wanted: Wanted, transfer: Transfer): Promise<FetchedManifest> {
  const { reference, before, asksAgain } = wanted;
  if (reference.digest !== undefined) return ensureManifest(repository, reference.digest, before, transfer);
  const tag = reference.tag ?? 'latest';
  if (before !== undefined && !asksAgain) {
    try {
      return await ensureManifest(repository, before, before, transfer);
    } catch (error) {
      // What the tag stood for is gone; perhaps it stands for something else now.
      if (!(error instanceof RegistryError) || error.code !== 'not-found') throw error;
    }
  }
  if (before !== undefined && asksAgain) {
    const now = await retrying(persistenceOf(transfer), () => headManifest(repository, tag, transfer.signal));
    if (now === before.digest) return ensureManifest(repository, before, before, transfer);
  }
  return keep(await requestManifest(repository, tag, transfer), transfer);
}

/** The manifest for the architecture, by way of indexes where there are any. */
async function chosenManifest(
  repository: Repository,
  top: FetchedManifest,
  { platform, name }: Wanted,
  transfer: Transfer,
): Promise<{ readonly descriptor: Descriptor; readonly manifest: Manifest }> {
  let current = top;
  for (let depth = 0; depth <= maxIndexDepth; depth++) {
    const { content, descriptor } = current;
    if (content.kind === 'manifest') return { descriptor, manifest: content.manifest };
    const next = chooseImage(content.index, platform, name);
    current = await ensureManifest(repository, next, next, transfer);
  }
  throw new RegistryError(
    'invalid-image',
    `${repository.label}: ${top.descriptor.digest}: indexes are nested too deeply`,
  );
}

async function ensureManifest(
  repository: Repository,
  wanted: string | Descriptor,
  known: Descriptor | undefined,
  transfer: Transfer,
): Promise<FetchedManifest> {
  const kept = known === undefined ? undefined : await readKept(known, repository, transfer);
  if (kept !== undefined) return kept;
  return keep(await requestManifest(repository, wanted, transfer), transfer);
}

function requestManifest(
  repository: Repository,
  wanted: string | Descriptor,
  transfer: Transfer,
): Promise<FetchedManifest> {
  const { store, signal } = transfer;
  const request = { maxBytes: store.limits.manifest, signal };
  return retrying(persistenceOf(transfer), () => fetchManifest(repository, wanted, request));
}

async function readKept(
  descriptor: Descriptor,
  repository: Repository,
  { store }: Transfer,
): Promise<FetchedManifest | undefined> {
  try {
    const bytes = await store.readBlob(descriptor);
    return { descriptor, bytes, content: parseAs(bytes, `${repository.label}: ${descriptor.digest}`, Infinity) };
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

async function keep(manifest: FetchedManifest, { store }: Transfer): Promise<FetchedManifest> {
  const { descriptor, bytes } = manifest;
  if (!(await store.isIntact(descriptor))) await store.writeBlob([bytes], { expected: descriptor });
  return manifest;
}

/** Before anything large is downloaded. */
function checkLimits({ layers, config }: Manifest, limits: Limits, what: string): void {
  if (layers.length > limits.layers) {
    throw new RegistryError('limit-exceeded', `${what}: the image has more than ${limits.layers} layers`, {
      hint: limitHint('layers'),
    });
  }
  // Compressed or not: what may not be unpacked need not be downloaded.
  if (layers.reduce((sum, { size }) => sum + size, 0) > limits['unpacked-bytes']) {
    throw new RegistryError('limit-exceeded', `${what}: its layers have more than ${limits['unpacked-bytes']} bytes`, {
      hint: limitHint('unpacked-bytes'),
    });
  }
  if (config.size > maxConfigBytes) {
    throw new RegistryError('limit-exceeded', `${what}: its configuration has more than ${maxConfigBytes} bytes`);
  }
}

async function fetchLayers(repository: Repository, { layers }: Manifest, transfer: Transfer): Promise<void> {
  const distinct = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  await allOrNone(distinct, transfer.signal, (layer, signal) =>
    ensureBlob(repository, layer, 'layer', { ...transfer, signal }),
  );
}
