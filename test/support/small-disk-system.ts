import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The kernel's bytes: no judge of a disk looks into them. */
export const kernel = randomBytes(1_500_000);

/**
 * Writes `small.yml` with a kernel that is none and an init of a few files, so that what is measured is the format.
 * With it, `firmware/` for a Raspberry Pi that is none either.
 */
export async function writeSmallDiskSystem(folder: string): Promise<void> {
  const write = async (name: string, content: string | Buffer, mode = 0o644): Promise<void> => {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), content, { mode });
  };
  await write('kernel/kernel', kernel);
  await write('init/init', '#!/bin/sh\n', 0o755);
  await write('init/etc/shadow', 'root:*:\n', 0o600);
  await write('init/usr/share/large', randomBytes(300_000));
  await symlink('usr/share/large', path.join(folder, 'init/link'));
  await write('firmware/bootcode.bin', 'GPU');
  await write('firmware/start4.elf', 'GPU');
  await write('firmware/overlays/uart.dtbo', 'tree');
  await write(
    'small.yml',
    `kernel: {image: "rootfs:./kernel", cmdline: "console=ttyS0 quiet"}
init: ["rootfs:./init"]
files:
  - {path: etc/many/${'x'.repeat(200)}, contents: "long name", mode: "0640", uid: 70000, gid: 12}
${Array.from({ length: 60 }, (_, index) => `  - {path: etc/many/${String(index).padStart(90, '0')}, contents: "${index}"}\n`).join('')}`,
  );
}
