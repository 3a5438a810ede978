import { convertImage, type ImageFormat } from '../disk/convert.ts';
import { copySparse } from '../disk/image-file.ts';
import type { Disks } from './disks.ts';
import type { Job, Writer } from './product.ts';

/** A raw disk image as it is. */
export function raw(suffix: string, disk: (disks: Disks) => Promise<string>): Writer {
  return ({ parts, disks }) => [
    { suffix, write: async (target) => copySparse(await disk(disks), target, parts.options.signal) },
  ];
}

/** A disk image in another format. */
export function converted(suffix: string, format: ImageFormat, disk: (disks: Disks) => Promise<string>): Writer {
  return (job) => [
    {
      suffix,
      async write(target) {
        await copySparse(await convert(job, format, await disk(job.disks)), target, job.parts.options.signal);
      },
    },
  ];
}

/** The image in the build's own folder, under a name that is always the same. */
export async function convert({ parts }: Job, format: ImageFormat, disk: string): Promise<string> {
  const target = parts.place(`${format}.image`);
  const { signal } = parts.options;
  await convertImage(disk, target, format, { identity: await parts.identity(), signal });
  return target;
}
