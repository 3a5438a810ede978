import {
  familiarReference,
  formatReference,
  type ImageReference,
  sha256,
  type StoredImage,
  type WantedPlatform,
} from '../image/index.ts';
import { silentReporter } from '../report/index.ts';
import { RegistryError } from './error.ts';
import { fetchImage, type Wanted } from './fetch.ts';
import { remembered, wholeImage } from './stored.ts';
import { Progress, waitForOthersMs } from './transfer.ts';
import type { PullOptions } from './types.ts';

/**
 * Gets the image of a reference into the store, whole and verified. What a tag stood for is remembered there, so that
 * the next time no registry is asked; a digest is asked for only where the store lacks a part of it.
 *
 * @throws {RegistryError} in the words of the last server asked; `not-in-store` under the policy `never`
 * @throws {StoreError} when the store cannot be written to
 */
export async function pullImage(
  reference: ImageReference,
  platform: WantedPlatform,
  options: PullOptions,
): Promise<StoredImage> {
  const { store, policy = 'missing', reporter = silentReporter, signal } = options;
  const name = familiarReference(reference);
  const asksAgain = policy === 'always' && reference.digest === undefined;
  const inStore = async (): Promise<StoredImage | undefined> => {
    const before = await remembered(store, reference);
    return before === undefined ? undefined : wholeImage(store, before, platform, name);
  };
  const present = asksAgain ? undefined : await inStore();
  if (present !== undefined) return present;
  if (policy === 'never') {
    throw new RegistryError('not-in-store', `the store does not have ${name} for ${platform.arch}`, {
      kind: 'input',
      hint: 'Without --pull never, it is fetched from its registry.',
    });
  }
  // One process fetches an image; the others find it in the store then.
  const lock = `pull-${sha256(`${formatReference(reference)} ${platform.arch}`).slice('sha256:'.length)}`;
  const fetch = async (): Promise<StoredImage> => {
    signal?.throwIfAborted();
    const arrived = asksAgain ? undefined : await inStore();
    if (arrived !== undefined) return arrived;
    const before = await remembered(store, reference);
    return fetchFromAny({ reference, platform, name, before, asksAgain }, options);
  };
  const onWait = (pid: number): void => {
    reporter.info(`waiting for process ${pid}, which pulls ${name} as well`);
  };
  return store.exclusively(lock, waitForOthersMs, fetch, { onWait, signal });
}

/** A mirror is not worth long waits: the next server has the same. */
const mirrorAttempts = 2;

async function fetchFromAny(wanted: Wanted, options: PullOptions): Promise<StoredImage> {
  const { client, store, reporter = silentReporter, signal } = options;
  const step = reporter.step(`pull ${wanted.name}`);
  const { retry } = client;
  const mirrorRetry = { ...retry, attempts: Math.min(retry.attempts, mirrorAttempts) };
  try {
    for (const repository of client.sources(wanted.reference)) {
      const progress = new Progress(step);
      const transfer = { client, retry: repository.isMirror ? mirrorRetry : retry, store, signal, progress };
      try {
        const image = await fetchImage(repository, wanted, transfer);
        step.end(progress.isIdle ? 'cached' : 'done');
        return image;
      } catch (error) {
        // The registry itself is the last one, and what it says counts.
        if (!repository.isMirror || !(error instanceof RegistryError)) throw error;
        const isDown = error.code === 'unreachable' || error.code === 'timeout';
        if (isDown) client.avoid(repository);
        const message = `${error.message}; asking the next server`;
        if (isDown) reporter.warn(message);
        else reporter.debug(message);
      }
    }
    throw new TypeError('a registry is always its own last source');
  } catch (error) {
    step.fail();
    throw error;
  }
}
