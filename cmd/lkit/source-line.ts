import { readFile, stat } from 'node:fs/promises';
import { LkitError } from '../../pkg/errors/index.ts';

/** No file that lkit points into is longer. */
const maxBytes = 4 << 20;

/**
 * The line of a file at which an error points, with a mark below; `undefined` where it points at none, or at what
 * cannot be read a second time: standard input, a URL, a label.
 */
export async function sourceLineOf(error: unknown): Promise<string | undefined> {
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
