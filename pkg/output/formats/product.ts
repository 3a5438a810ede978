import type { Disks } from './disks.ts';
import type { Parts } from './parts.ts';

/** One file of a format. */
export type Product = CopiedProduct | MadeProduct;

export interface CopiedProduct {
  readonly suffix: string;
  /** A file of the store; it is not copied again while it is the same. */
  readonly copyOf: string;
}

export type MadeProduct =
  | { readonly suffix: string; readonly write: (target: string) => Promise<void> }
  | { readonly suffix: string; readonly stream: () => AsyncIterable<Buffer> };

/** What formats are written from. */
export interface Job {
  readonly parts: Parts;
  readonly disks: Disks;
}

/** Describes a format's files; what is checked before anything is written is checked here. */
export type Writer = (job: Job) => Promise<readonly Product[]> | readonly Product[];
