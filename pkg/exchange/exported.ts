import type { StoredImage } from '../image/index.ts';

/** An image that is written to an archive. */
export interface ExportedImage {
  readonly image: StoredImage;
  /** What it is called in the archive. */
  readonly names: readonly string[];
}
