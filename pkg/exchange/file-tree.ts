import { writeTar } from '../archive/index.ts';
import { imageTree, type Store } from '../store/index.ts';
import { ExchangeError } from './error.ts';
import type { ExportedImage } from './exported.ts';

/**
 * The file tree of one image, its layers on top of one another, as a tar: what `docker export` gives of a container.
 *
 * @throws {ExchangeError} `one-image-only`
 */
export function fileTreeTar(store: Store, images: readonly ExportedImage[]): AsyncGenerator<Buffer> {
  const [first, second] = images;
  if (first !== undefined && second === undefined) return writeTar(imageTree(store, first.image));
  throw new ExchangeError('one-image-only', `a file tree is of one image, not of ${images.length}`, {
    kind: 'input',
    hint: 'Name one image, or write an archive: --format oci or --format docker.',
  });
}
