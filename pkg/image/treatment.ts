import { isDirectory, newDirectory, symlinkTo, textFile } from './inode.ts';
import type { Tree } from './tree.ts';

/**
 * What is done to an image's tree before it is packed. `init`: nothing. `container`: what a container engine does to the
 * tree of a container that it exports, as LinuxKit's images have always been made.
 */
export type Treatment = 'init' | 'container';

/** Changes whenever flattening or a treatment gives another tree. Belongs to the key of whatever caches the result. */
export const treatmentVersion = 'tree-1';

const dropped = ['.dockerenv', 'Dockerfile', 'dev/console', 'dev/pts', 'dev/shm', 'etc/hostname'];
const directories = ['dev', 'dev/pts', 'dev/shm', 'etc', 'proc', 'sys'];

const hosts = `127.0.0.1       localhost
::1     localhost ip6-localhost ip6-loopback
fe00::0 ip6-localnet
ff00::0 ip6-mcastprefix
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
`;

const resolvConf = `
# no resolv.conf configured
`;

/** Applies a treatment to a finished tree. */
export function treat(tree: Tree, treatment: Treatment): void {
  if (treatment === 'init') return;
  for (const path of dropped) tree.remove(path);
  for (const path of directories) ensureDirectory(tree, path);
  tree.place('etc/hosts', textFile(hosts));
  tree.place('etc/resolv.conf', textFile(resolvConf));
  tree.place('etc/mtab', symlinkTo('/proc/mounts'));
}

/** Runtimes mount over these, so nothing else may stand there; a symlink to a directory inside the image may. */
function ensureDirectory(tree: Tree, path: string): void {
  const there = tree.find(path);
  if (isDirectory(there)) return;
  if (there?.attributes.type === 'symlink' && isDirectory(tree.walk(path, false)?.at(-1)?.directory)) return;
  tree.place(path, newDirectory());
}
