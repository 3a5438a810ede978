import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { displayPath } from '../../archive/index.ts';
import type { StoredImage } from '../../image/index.ts';
import { imageTree } from '../../store/index.ts';
import { OutputError } from '../aside.ts';
import type { FatFile } from '../disk/fat.ts';
import type { Parts } from './parts.ts';
import type { Writer } from './product.ts';

/** Where a kernel image has the device trees of boards. */
const deviceTrees = /^dtb\/broadcom\/(bcm27[^/]+|bcm28[^/]+)\.dtb$/;

/** Of the firmware's folder, what lkit has its own of; and file names that FAT would not keep. */
const ownNames = /^(kernel[^/]*\.img|cmdline\.txt|config\.txt|initrd\.img)$/;

/** The Raspberry Pi's boot partition (raspberrypi.com/documentation, "The boot folder" and "config.txt"). */
export const raspberryPi: Writer = ({ parts, disks }) => {
  const { firmware } = parts.options;
  if (firmware === undefined) throw noFirmware('a Raspberry Pi starts nothing without its firmware');
  return [
    {
      suffix: '-rpi3.img',
      async write(target) {
        await disks.plain(target, await bootFiles(parts, firmware), 'an SD card for a Raspberry Pi');
      },
    },
  ];
};

async function bootFiles(parts: Parts, firmware: StoredImage): Promise<readonly FatFile[]> {
  const found = await copyFrom(parts, firmware, 'firmware', (name) => (ownNames.test(name) ? undefined : name));
  if (!found.some(({ path: name }) => /^start[^/]*\.elf$|^bcm2712[^/]*\.dtb$/.test(name))) {
    throw noFirmware(
      'the firmware has neither start.elf or start4.elf (Raspberry Pi 3, 4) nor bcm2712-rpi-5-b.dtb (5)',
    );
  }
  const { image } = parts.kernelPlan;
  const trees = await copyFrom(parts, image, 'dtb', (name) => {
    const board = deviceTrees.exec(name)?.[1];
    return board === undefined ? undefined : `${board}.dtb`;
  });
  const [kernel, initrd] = [await parts.kernel(), await parts.initrd()];
  const text = async (name: string, content: string): Promise<FatFile> => {
    const { file, size } = await parts.put(name, content);
    return { path: name, source: file, size };
  };
  const all = [
    ...found,
    // A kernel goes with its own device trees.
    ...trees,
    { path: 'kernel8.img', source: kernel.file, size: kernel.size },
    { path: 'initrd.img', source: initrd.file, size: initrd.size },
    await text('cmdline.txt', `${parts.cmdline}\n`),
    await text('config.txt', configuration(trees.length > 0)),
  ];
  const byPath = new Map(all.map((file) => [file.path, file]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function configuration(hasOwnTrees: boolean): string {
  // Mainline kernels name some boards by their other chip: bcm2837 for bcm2710.
  const trees = hasOwnTrees ? 'upstream_kernel=1\n' : '';
  return `arm_64bit=1\nenable_uart=1\n${trees}kernel=kernel8.img\ninitramfs initrd.img followkernel\n`;
}

/** Copies an image's files out, those that `rename` gives a name. */
async function copyFrom(
  parts: Parts,
  image: StoredImage,
  prefix: string,
  rename: (name: string) => string | undefined,
): Promise<readonly FatFile[]> {
  const files: FatFile[] = [];
  for await (const { entry, content } of imageTree(parts.options.store, image)) {
    const name = entry.type === 'file' ? rename(displayPath(entry.path)) : undefined;
    if (name === undefined) continue;
    const source = parts.place(`${prefix}-${files.length}${path.extname(name)}`);
    await pipeline(content, createWriteStream(source));
    files.push({ path: name, source, size: entry.size });
  }
  return files;
}

function noFirmware(message: string): OutputError {
  return new OutputError('no-firmware', message, {
    kind: 'input',
    hint: 'Name it with --firmware: a folder (rootfs:./boot), or pkg:./raspi-firmware as in examples/ (docs/formats.md).',
  });
}
