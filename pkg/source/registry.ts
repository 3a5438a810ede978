import { parseReference, type StoredImage } from '../image/index.ts';
import { pullImage, RegistryClient, RegistryError } from '../registry/index.ts';
import type { NamedImage } from '../spec/index.ts';
import type { SourceContext } from './context.ts';

/**
 * `alpine:3.20`, `ghcr.io/owner/name@sha256:…`: an image out of a registry, by way of the store.
 *
 * @throws {ImageError} `invalid-reference`
 * @throws {RegistryError} with the place where the user named the image
 */
export async function resolveRegistry(
  text: string,
  { at }: Pick<NamedImage, 'at'>,
  context: SourceContext,
): Promise<StoredImage> {
  const reference = parseReference(text, at);
  const { store, arch, orOnly, pull, reporter, signal, registry = new RegistryClient() } = context;
  try {
    return await pullImage(reference, { arch, orOnly }, { client: registry, store, policy: pull, reporter, signal });
  } catch (error) {
    throw error instanceof RegistryError ? error.located(at) : error;
  }
}
