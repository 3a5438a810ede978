import type { Reporter } from '../report/index.ts';
import type { Store } from '../store/index.ts';
import type { RegistryClient } from './client.ts';

/** When a registry is asked: only for what the store does not have, for every tag, or not at all. */
export type PullPolicy = 'never' | 'missing' | 'always';

export const pullPolicies: readonly PullPolicy[] = ['never', 'missing', 'always'];

/** What pulling and pushing have in common. */
export interface TransferOptions {
  readonly client: RegistryClient;
  readonly store: Store;
  readonly reporter?: Reporter | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PullOptions extends TransferOptions {
  /** @default 'missing' */
  readonly policy?: PullPolicy | undefined;
}

export interface PushOptions extends TransferOptions {
  /** Repositories of the same registry that may have some of the blobs, such as `library/alpine`. */
  readonly mountFrom?: readonly string[];
}
