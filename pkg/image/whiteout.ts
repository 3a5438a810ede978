import { type BytePath, displayPath } from '../archive/index.ts';
import { ImageError } from './error.ts';

/** What an entry's name says about lower layers (OCI image-spec, layer.md, "Whiteouts"). */
export type Whiteout =
  /** `.wh.NAME`: NAME in the same directory is gone. */
  | { readonly kind: 'name'; readonly name: BytePath }
  /** `.wh..wh..opq`: everything in the same directory is gone. */
  | { readonly kind: 'opaque' }
  /** Other `.wh..wh.` names: bookkeeping of AUFS, which never was a part of the tree. */
  | { readonly kind: 'reserved' };

const prefix = '.wh.';
const reservedPrefix = '.wh..wh.';

/**
 * Reads a whiteout off an entry's path, or tells that it is none with `undefined`. Only the last part counts, and only
 * its beginning: `a.wh.b` is a file like any other.
 *
 * @throws {ImageError} `invalid-whiteout` for one that names nothing, `.` or `..`
 */
export function readWhiteout(path: BytePath): Whiteout | undefined {
  if (path.startsWith(reservedPrefix) && path.includes('/')) return { kind: 'reserved' };
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (!base.startsWith(prefix)) return undefined;
  if (base === '.wh..wh..opq') return { kind: 'opaque' };
  if (base.startsWith(reservedPrefix)) return { kind: 'reserved' };
  const name = base.slice(prefix.length);
  if (name !== '' && name !== '.' && name !== '..') return { kind: 'name', name };
  throw new ImageError('invalid-whiteout', `"${displayPath(path)}": a whiteout that names nothing`);
}
