import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const images = path.resolve(import.meta.dirname, '../../../images');

/** The packages that lkit ships, by the names of their folders. */
export const packages: readonly string[] = readdirSync(images, { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .map(({ name }) => name);

/** Absolute path of a file in a package's folder. */
export function inPackage(name: string, file: string): string {
  return path.join(images, name, file);
}

/** A file that lies in a package's `rootfs`. */
export interface GuestFile {
  /** `init/sbin/init`: the package, then the path in the guest. */
  readonly title: string;
  readonly host: string;
  /** Absolute, in the guest. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly text: string;
}

export function guestFiles(): readonly GuestFile[] {
  return packages.flatMap((name) => {
    const root = inPackage(name, 'rootfs');
    if (!existsSync(root)) return [];
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => {
        const host = path.join(each.parentPath, each.name);
        const relative = path.relative(root, host);
        const isExecutable = (statSync(host).mode & 0o111) !== 0;
        return {
          title: `${name}/${relative}`,
          host,
          path: `/${relative}`,
          isExecutable,
          text: readFileSync(host, 'utf8'),
        };
      });
  });
}

export function isScript({ text }: GuestFile): boolean {
  return /^#!\/bin\/(busybox )?sh\n/.test(text) || text.startsWith('# shellcheck shell=');
}

/** The programs in the busybox of the packages: the same Debian package is installed where the tests run. */
export function applets(): ReadonlySet<string> {
  return new Set(execFileSync('busybox', ['--list'], { encoding: 'utf8' }).split('\n'));
}
