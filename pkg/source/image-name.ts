import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { LkitError, nearest } from '../errors/index.ts';
import type { CheckImageName } from '../spec/index.ts';
import { sourceOf } from './source.ts';
import { unknownShipped } from './unknown-shipped.ts';

/**
 * Whether there can be an image of a name, as far as this can be told without looking for it elsewhere than among the
 * packages that lkit ships.
 *
 * @param parseReference that of `image`, handed over because `lkit validate` loads nothing else of that module
 */
export function imageNameCheck(packagesDir: string, parseReference: (text: string) => unknown): CheckImageName {
  return (name) => {
    const source = sourceOf(name);
    if (source.kind === 'registry') return referenceProblem(() => parseReference(source.reference), source.reference);
    if (source.kind !== 'shipped') return undefined;
    // As `build --dry-run` prints it.
    const shippedName = source.name.replace(/@sha256:[0-9a-f]{64}$/, '');
    if (existsSync(path.join(packagesDir, shippedName, 'build.yml'))) return undefined;
    // Where the folder itself is missing, this is not for the YAML's author to mend.
    if (!existsSync(packagesDir)) return undefined;
    const shipped = readdirSync(packagesDir)
      .filter((each) => !each.startsWith('.'))
      .sort();
    const suggestions = nearest(shippedName, shipped);
    return { ...unknownShipped(shippedName, shipped), ...(suggestions.length > 0 && { suggestions }) };
  };
}

/** An id is no name in a registry, but it is one in a container engine. */
const imageId = /^[0-9a-f]{64}$/;

function referenceProblem(parse: () => unknown, reference: string): ReturnType<CheckImageName> {
  if (imageId.test(reference)) return undefined;
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof LkitError)) throw error;
    return { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
}
