import type { Descriptor } from '../image/index.ts';
import type { Step } from '../report/index.ts';
import { type Store, StoreError } from '../store/index.ts';
import { downloadBlob } from './blob.ts';
import type { RegistryClient } from './client.ts';
import { RegistryError } from './error.ts';
import type { Repository } from './repository.ts';
import type { Persistence, RetryOptions } from './retry.ts';

/** One image on its way. */
export interface Transfer {
  readonly client: RegistryClient;
  /** How often this server is asked again. */
  readonly retry: RetryOptions;
  readonly store: Store;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds that another process may take to download what we want as well. */
export const waitForOthersMs = 60 * 60 * 1000;

/** Bytes of all blobs of an image together. */
export class Progress {
  readonly #step: Step;
  #done = 0;
  #total = 0;

  constructor(step: Step) {
    this.#step = step;
  }

  /** Nothing had to be transferred. */
  get isIdle(): boolean {
    return this.#done === 0;
  }

  expect(bytes: number): void {
    this.#total += bytes;
  }

  add(bytes: number): void {
    this.#done += bytes;
    this.#step.progress(this.#done, this.#total);
  }

  note(text: string): void {
    this.#step.detail(text);
  }
}

export function persistenceOf({ retry, progress, signal }: Transfer): Persistence {
  return {
    retry,
    signal,
    onWait: (delayMs, error) => {
      progress.note(`next try in ${Math.ceil(delayMs / 1000)} s: ${error.message}`);
    },
  };
}

/**
 * Has the store hold a blob. Whoever needs it as well, here or in another process, waits for this one download.
 *
 * @param kind names it in errors. A configuration, which is small and about to be read, has to be intact; of a layer
 *   the size has to be right, as `lkit cache verify` looks after the rest
 * @throws {RegistryError} `digest-mismatch`, `size-mismatch`, and as `Repository.request`
 */
export async function ensureBlob(
  repository: Repository,
  blob: Descriptor,
  kind: 'configuration' | 'layer',
  transfer: Transfer,
): Promise<void> {
  const { client, store, progress } = transfer;
  const isPresent = (): Promise<boolean> => (kind === 'layer' ? store.hasBlob(blob) : store.isIntact(blob));
  if (await isPresent()) return;
  progress.expect(blob.size);
  const lock = `blob-${blob.digest.slice('sha256:'.length)}`;
  const fetch = async (): Promise<void> => {
    transfer.signal?.throwIfAborted();
    if (await isPresent()) progress.add(blob.size);
    else await client.slots.run(() => download(repository, blob, kind, transfer));
  };
  const onWait = (pid: number): void => {
    progress.note(`process ${pid} is fetching it as well`);
  };
  await store.exclusively(lock, waitForOthersMs, fetch, { onWait, signal: transfer.signal });
}

async function download(repository: Repository, blob: Descriptor, kind: string, transfer: Transfer): Promise<void> {
  const subject = `${kind} ${blob.digest}`;
  const { progress, store } = transfer;
  let counted = 0;
  const count = (bytes: number): void => {
    counted += bytes;
    progress.add(bytes);
  };
  async function* source(from: number): AsyncGenerator<Buffer> {
    count(from - counted);
    for await (const chunk of downloadBlob(repository, blob, subject, persistenceOf(transfer), from)) {
      count(chunk.length);
      yield chunk;
    }
  }
  try {
    await store.resumeBlob(blob, source);
  } catch (error) {
    if (!(error instanceof StoreError) || !isMismatch(error.code)) throw error;
    throw new RegistryError(error.code, `${repository.label}: ${subject}: ${error.message}`, {
      hint: 'The bytes were damaged or replaced on their way. Try again, or another source.',
      cause: error,
    });
  }
}

function isMismatch(code: StoreError['code']): code is 'digest-mismatch' | 'size-mismatch' {
  return code === 'digest-mismatch' || code === 'size-mismatch';
}
