import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { LkitError, nearest } from '../../pkg/errors/index.ts';
import { parseReference } from '../../pkg/image/reference.ts';
import { sourceOf } from '../../pkg/source/source.ts';
import type { CheckImageName } from '../../pkg/spec/index.ts';

/**
 * Whether there can be an image of a name, as far as this can be told without looking for it elsewhere than among the
 * packages that lkit ships.
 */
export function imageNameCheck(packagesDir: string): CheckImageName {
  return (name) => {
    const source = sourceOf(name);
    if (source.kind === 'registry') return referenceProblem(source.reference);
    if (source.kind !== 'shipped') return undefined;
    // As `build --dry-run` prints it.
    const shippedName = source.name.replace(/@sha256:[0-9a-f]{64}$/, '');
    if (existsSync(path.join(packagesDir, shippedName, 'build.yml'))) return undefined;
    // Where the folder itself is missing, this is not for the YAML's author to mend.
    if (!existsSync(packagesDir)) return undefined;
    const shipped = readdirSync(packagesDir).filter((each) => !each.startsWith('.'));
    const suggestions = nearest(shippedName, shipped);
    const near = suggestions.map((each) => `"${each}"`).join(' or ');
    return {
      message: `lkit has no package "${shippedName}"${near === '' ? '' : ` (did you mean ${near}?)`}`,
      hint: `It has ${shipped.sort().join(', ')}. A package of your own is written as pkg:./folder.`,
      ...(near !== '' && { suggestions }),
    };
  };
}

/** An id is no name in a registry, but it is one in a container engine. */
const imageId = /^[0-9a-f]{64}$/;

function referenceProblem(reference: string): ReturnType<CheckImageName> {
  if (imageId.test(reference)) return undefined;
  try {
    parseReference(reference);
    return undefined;
  } catch (error) {
    if (!(error instanceof LkitError)) throw error;
    return { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
}
