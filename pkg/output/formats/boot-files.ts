import type { Format } from './catalog.ts';

/** What starts a system, as a format's files hold it beside the system itself. */
export interface BootFiles {
  /** The kernel's path in the output, and whether it is the one that `lkit run` boots or as boot loaders want it. */
  readonly kernel: { readonly path: string; readonly form: 'direct' | 'loaded' };
  /** The path of the kernel's command line, where that is a file of its own. */
  readonly cmdline?: string;
  /** Whether there is an initrd. Where there is none, the root is there file by file. */
  readonly initrd: boolean;
}

const separate = (name: string): Omit<BootFiles, 'initrd'> => ({
  kernel: { path: `${name}-kernel`, form: 'direct' },
  cmdline: `${name}-cmdline`,
});
const inTree: BootFiles = { kernel: { path: 'boot/kernel', form: 'loaded' }, cmdline: 'boot/cmdline', initrd: false };
const loaded: BootFiles = { kernel: { path: 'kernel', form: 'loaded' }, initrd: true };

/** All but disks, CDs and EFI programs: to those a loader belongs. */
const others: Readonly<Partial<Record<Format, (name: string) => BootFiles>>> = {
  'kernel+initrd': (name) => ({ ...separate(name), initrd: true }),
  'kernel+squashfs': (name) => ({ ...separate(name), initrd: false }),
  'kernel+erofs': (name) => ({ ...separate(name), initrd: false }),
  'kernel+iso': (name) => ({ ...separate(name), initrd: false }),
  tar: () => inTree,
  docker: () => inTree,
  'tar-kernel-initrd': () => ({ ...loaded, cmdline: 'cmdline' }),
};

/** @param name prefix of the files' names */
export function bootFilesOf(format: Format, name: string): BootFiles {
  return others[format]?.(name) ?? loaded;
}
