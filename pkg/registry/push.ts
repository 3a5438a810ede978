import { createReadStream } from 'node:fs';
import { type Descriptor, type Digest, familiarReference, type ImageReference, type Manifest } from '../image/index.ts';
import { silentReporter } from '../report/index.ts';
import { RegistryError } from './error.ts';
import type { Repository } from './repository.ts';
import { retrying } from './retry.ts';
import { allOrNone } from './slots.ts';
import { persistenceOf, Progress, type Transfer } from './transfer.ts';
import type { PushOptions } from './types.ts';
import { hasBlob, startUpload, uploadTo } from './upload.ts';

/** An image whose configuration and layers are in the store. */
export interface OutgoingImage {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  /** The manifest's own. @default those in the store */
  readonly bytes?: Uint8Array;
}

/**
 * Copies an image of the store to a registry under a reference's tag, or under its digest where there is no tag. Blobs
 * that are there already are not sent; the manifest goes last, so that the registry never shows half an image.
 *
 * @returns the digest under which the registry has it: the image's own
 * @throws {RegistryError}, {StoreError}
 */
export async function pushImage(
  image: OutgoingImage,
  reference: ImageReference,
  options: PushOptions,
): Promise<Digest> {
  const { client, store, reporter = silentReporter, mountFrom = [], signal } = options;
  const { descriptor, manifest } = image;
  const bytes = image.bytes ?? (await store.readBlob(descriptor));
  const name = familiarReference(reference);
  if (reference.digest !== undefined && reference.digest !== descriptor.digest) {
    throw new RegistryError('digest-mismatch', `cannot push ${descriptor.digest} as ${name}: that is another image`, {
      kind: 'input',
    });
  }
  const repository = client.target(reference, mountFrom);
  const step = reporter.step(`push ${name}`);
  const progress = new Progress(step);
  const blobs = [...new Map([...manifest.layers, manifest.config].map((blob) => [blob.digest, blob])).values()];
  try {
    const transfer: Transfer = { client, retry: client.retry, store, progress, signal };
    await allOrNone(blobs, signal, (blob, blobSignal) =>
      client.slots.run(() => pushBlob(repository, blob, mountFrom, { ...transfer, signal: blobSignal })),
    );
    await putManifest(repository, { descriptor, bytes }, reference, transfer);
    step.end(progress.isIdle ? 'cached' : 'done');
    return descriptor.digest;
  } catch (error) {
    step.fail();
    throw error;
  }
}

async function pushBlob(
  repository: Repository,
  blob: Descriptor,
  mountFrom: readonly string[],
  transfer: Transfer,
): Promise<void> {
  const { store, progress, signal } = transfer;
  let isExpected = false;
  await retrying(persistenceOf(transfer), async () => {
    if (await hasBlob(repository, blob, signal)) return;
    const upload = await startUpload(repository, blob, mountFrom, signal);
    if (upload === 'mounted') return;
    if (!isExpected) progress.expect(blob.size);
    isExpected = true;
    const content = () =>
      counted(createReadStream(store.blobPath(blob.digest), { highWaterMark: 256 << 10 }), progress);
    await uploadTo(repository, upload, blob, content, signal);
  });
}

async function* counted(source: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  let sent = 0;
  try {
    for await (const chunk of source) {
      sent += chunk.length;
      progress.add(chunk.length);
      yield chunk;
    }
    sent = 0;
  } finally {
    // What has to be sent again was not sent.
    progress.add(-sent);
  }
}

async function putManifest(
  repository: Repository,
  { descriptor, bytes }: { readonly descriptor: Descriptor; readonly bytes: Uint8Array },
  { tag }: ImageReference,
  transfer: Transfer,
): Promise<void> {
  const subject = `manifest ${descriptor.digest}`;
  await retrying(persistenceOf(transfer), async () => {
    const answer = await repository.request({
      method: 'PUT',
      at: `manifests/${tag ?? descriptor.digest}`,
      headers: { 'content-type': descriptor.mediaType },
      body: bytes,
      expect: [200, 201, 202],
      subject,
      signal: transfer.signal,
    });
    const stored = answer.header('docker-content-digest');
    await answer.discard();
    if (stored !== undefined && stored !== descriptor.digest) {
      const message = `${repository.label}: ${subject}: the registry keeps it as ${stored}`;
      throw new RegistryError('digest-mismatch', message);
    }
  });
}
