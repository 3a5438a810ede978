import { OutputError } from '../aside.ts';
import { factsOf } from './catalog.ts';
import type { WriteOptions } from './write.ts';

type Asked = Pick<WriteOptions, 'formats' | 'output' | 'diskBytes' | 'dataBytes'>;

/**
 * Checks that formats can be written to the place and in the sizes that are asked for, before any work.
 *
 * @throws {OutputError} `several-files`, `not-a-stream`, `no-size`
 */
export function requireOutput(asked: Asked): void {
  checkOutput(asked);
  checkSizes(asked);
}

function checkSizes({ formats, diskBytes, dataBytes }: Asked): void {
  const inVain =
    diskBytes !== undefined && !formats.some((format) => factsOf(format).sized === true)
      ? '--size'
      : dataBytes !== undefined && !formats.includes('sd')
        ? '--data-size'
        : undefined;
  if (inVain === undefined) return;
  throw new OutputError('no-size', `${inVain} means nothing for ${formats.join(', ')}`, {
    kind: 'input',
    hint: `Leave it out; docs/formats.md says which formats it is for.`,
  });
}

function checkOutput({ formats, output }: Asked): void {
  if (output === undefined) return;
  const [format, ...others] = formats;
  if (format === undefined || others.length > 0 || factsOf(format).files.length > 1) {
    throw new OutputError('several-files', `one output file cannot hold the files of ${formats.join(', ')}`, {
      kind: 'input',
      hint: 'Choose one format of one file, or name a folder with --dir.',
    });
  }
  if (typeof output !== 'string' && factsOf(format).streams !== true) {
    throw new OutputError('not-a-stream', `${format} is not written from beginning to end, so it cannot go to a pipe`, {
      kind: 'input',
      hint: 'Name a file: -o FILE',
    });
  }
}
