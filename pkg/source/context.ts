import path from 'node:path';
import type { Architecture } from '../image/index.ts';
import type { PackageContext } from '../package/index.ts';
import type { ImageSpec } from '../spec/index.ts';
import type { Store } from '../store/index.ts';

/** What is the same for all images of one system. */
export interface SourceContext {
  readonly store: Store;
  readonly arch: Architecture;
  /** The folder of the packages that lkit ships. */
  readonly packagesDir: string;
  readonly packages: PackageContext;
  /** The user's home, for paths that start with `~/`. */
  readonly home?: string;
}

/** A path as the user meant it. */
export function pathOf(written: string, { baseDir }: ImageSpec, { home }: SourceContext): string {
  if (home !== undefined && written.startsWith('~/')) return path.join(home, written.slice(2));
  return path.resolve(baseDir, written);
}
