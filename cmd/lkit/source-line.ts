import { readFile, stat } from 'node:fs/promises';
import { LkitError, LkitErrors } from '../../pkg/errors/index.ts';

/** No file that lkit points into is longer. */
const maxBytes = 4 << 20;

/** For each of several errors, or for the only one, the line at which it points. */
export async function sourceLinesOf(error: unknown): Promise<readonly (string | undefined)[]> {
  return await Promise.all((error instanceof LkitErrors ? error.errors : [error]).map(sourceLineOf));
}

/**
 * The line of a file at which an error points, with a mark below; `undefined` where it points at none, or at what
 * cannot be read a second time: standard input, a URL, a label.
 */
async function sourceLineOf(error: unknown): Promise<string | undefined> {
  if (!(error instanceof LkitError) || error.at === undefined) return undefined;
  const { file } = error.at;
  try {
    const status = await stat(file);
    if (!status.isFile() || status.size > maxBytes) return undefined;
    const { formatSourceLine } = await import('../../pkg/spec/index.ts');
    return formatSourceLine({ text: await readFile(file) }, error.at);
  } catch {
    return undefined;
  }
}
