import { stat } from 'node:fs/promises';
import { gzip, writeTar } from '../../archive/index.ts';
import { each, hostFile } from '../members.ts';
import { gzipLevel } from '../segment.ts';
import type { Writer } from './product.ts';

/** The name and the size of the disk are what Google Cloud's import asks for. */
export const gcp: Writer = ({ disks }) => [
  {
    suffix: '.img.tar.gz',
    async *stream() {
      const file = await disks.wholeGiB();
      const { size } = await stat(file);
      yield* gzip(writeTar(each([hostFile('disk.raw', 0o644, { file, size })])), gzipLevel);
    },
  },
];
