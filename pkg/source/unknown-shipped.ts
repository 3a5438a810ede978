import { didYouMean } from '../errors/index.ts';

/** What to say of a package that lkit does not ship. */
export function unknownShipped(
  name: string,
  shipped: readonly string[],
): { readonly message: string; readonly hint: string } {
  return {
    message: `lkit has no package "${name}"${didYouMean(name, shipped)}`,
    hint: `It has ${shipped.join(', ')}. A package of your own is written as pkg:./folder.`,
  };
}
