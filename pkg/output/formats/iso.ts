import { makeFat, fatBytesFor, type FatFile } from '../disk/fat.ts';
import { makeSparse } from '../disk/image-file.ts';
import { biosBoot, efiBoot, writeIso } from '../disk/iso.ts';
import { syslinuxConfiguration } from './disks.ts';
import type { Parts } from './parts.ts';
import type { Writer } from './product.ts';

export const isoBios: Writer = ({ parts }) => [
  {
    suffix: '.iso',
    async write(target) {
      const { options } = parts;
      const put = async (name: string): Promise<string> =>
        (await parts.put(name, await parts.loaderFile('bios-boot', name))).file;
      const configuration = await parts.put('isolinux.cfg', syslinuxConfiguration(parts.cmdline));
      await writeIso(target, {
        files: [
          { path: '/isolinux/isolinux.bin', source: await put('isolinux.bin') },
          { path: '/isolinux/ldlinux.c32', source: await put('ldlinux.c32') },
          { path: '/isolinux/isolinux.cfg', source: configuration.file },
          { path: '/kernel', source: (await parts.kernel()).file },
          { path: '/initrd.img', source: (await parts.initrd()).file },
        ],
        boot: biosBoot('/isolinux/isolinux.bin', await put('isohdpfx.bin')),
        moment: (await parts.identity()).moment('iso'),
        signal: options.signal,
      });
    },
  },
];

export const isoEfi: Writer = ({ parts, disks }) => [
  {
    suffix: '-efi.iso',
    write: async (target) => writeEfiIso(parts, target, 'iso-efi', [await disks.efiProgram()]),
  },
];

/** Kernel and initrd stay files: who takes the image apart finds them, and can put others in their place. */
export const isoEfiInitrd: Writer = ({ parts }) => [
  {
    suffix: '-efi-initrd.iso',
    async write(target) {
      const [kernel, initrd] = [await parts.kernel(), await parts.initrd()];
      const boot = `systemd-boot${parts.efiArch}.efi`;
      const loader = await parts.put(boot, await parts.loaderFile('efi-boot', boot));
      const entry = await parts.put(
        'lkit.conf',
        // Boot Loader Specification (UAPI.1), type 1.
        `title lkit\nlinux /kernel\ninitrd /initrd.img\noptions ${parts.cmdline}\n`,
      );
      const configuration = await parts.put('loader.conf', 'default lkit.conf\ntimeout 0\neditor no\n');
      await writeEfiIso(parts, target, 'iso-efi-initrd', [
        { path: `EFI/BOOT/BOOT${parts.efiArch.toUpperCase()}.EFI`, source: loader.file, size: loader.size },
        { path: 'loader/loader.conf', source: configuration.file, size: configuration.size },
        { path: 'loader/entries/lkit.conf', source: entry.file, size: entry.size },
        { path: 'kernel', source: kernel.file, size: kernel.size },
        { path: 'initrd.img', source: initrd.file, size: initrd.size },
      ]);
    },
  },
];

/** An ISO with nothing but an EFI system partition. */
async function writeEfiIso(parts: Parts, target: string, purpose: string, files: readonly FatFile[]): Promise<void> {
  const identity = await parts.identity();
  const { signal } = parts.options;
  const bytes = fatBytesFor(files);
  const image = parts.place(`${purpose}.fat`);
  await makeSparse(image, bytes);
  await makeFat(image, { offset: 0, bytes }, { label: 'LKIT', serial: identity.serial(purpose), files, signal });
  const path = '/efi.img';
  await writeIso(target, {
    files: [{ path, source: image }],
    boot: efiBoot(path),
    moment: identity.moment(purpose),
    signal,
  });
}
