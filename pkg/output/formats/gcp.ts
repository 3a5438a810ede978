import { writeTar } from '../../archive/index.ts';
import { each, hostFile } from '../members.ts';
import { compress } from '../segment.ts';
import { sizedFile } from '../sized-file.ts';
import type { Writer } from './product.ts';

/** The name and the size of the disk are what Google Cloud's import asks for. */
export const gcp: Writer = ({ disks }) => [
  {
    suffix: '.img.tar.gz',
    async *stream() {
      const file = await disks.wholeGiB();
      yield* compress(writeTar(each([hostFile('disk.raw', 0o644, await sizedFile(file))])), 'gzip');
    },
  },
];
