import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Bundle } from '../../../pkg/bundle/index.ts';

/** The runtimes that judge what lkit writes, independently of each other. */
export const runtimes = ['runc', 'crun'] as const;
export type Runtime = (typeof runtimes)[number];

export interface Outcome {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of the host that stands for the guest's root. Containers are run for real: this needs root. */
export interface Guest {
  readonly root: string;
  /** Writes the bundle below the root, with a small busybox system as the image's tree; returns the bundle's folder. */
  add(bundle: Bundle): Promise<string>;
  /** A script in a mount and a network namespace of its own, with busybox's tools only. Whatever it mounts ends with it. */
  run(script: string): Promise<Outcome>;
  remove(): Promise<void>;
}

const busybox = '/bin/busybox';

/**
 * On one processor: a mount namespace can only be kept in one that is older, and since Linux 6.18 the numbers that tell
 * are handed out by each processor from a block of its own. (A guest's root namespace is older than all others.)
 */
const inNamespaces = ['taskset', '1', 'unshare', '-m', '-n'];

export async function makeGuest(): Promise<Guest> {
  assert.equal(process.getuid?.(), 0, 'these tests create containers and need root');
  const root = await mkdtemp(path.join(tmpdir(), 'lkit-bundle-'));
  const tools = path.join(root, 'bin');
  await busyboxTree(root);
  await mkdir(path.join(root, 'run'));
  return {
    root,
    add: (bundle) => install(root, bundle),
    run: (script) =>
      execa(busybox, [...inNamespaces, busybox, 'sh', '-c', `${prelude(root)}\n${script}`], {
        reject: false,
        timeout: 30_000,
        env: { PATH: `${tools}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
      }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/**
 * /sys shows the interfaces of the network namespace in which it was mounted. crun takes no host on which cgroup v2
 * lies beside v1 (systemd's hybrid layout): there, v2 is left out. The root is shared, as init makes it.
 */
function prelude(root: string): string {
  return `set -e
cgroups=${root}/cgroup
mkdir -p $cgroups
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -o bind /sys/fs/cgroup $cgroups
else
  mount -t tmpfs tmpfs $cgroups
  for each in /sys/fs/cgroup/*; do
    if [ -L $each ]; then cp -d $each $cgroups
    elif [ \${each##*/} != unified ]; then mkdir $cgroups/\${each##*/}; mount -o bind $each $cgroups/\${each##*/}
    fi
  done
fi
mount -t sysfs sysfs /sys
mount -o rbind $cgroups /sys/fs/cgroup
umount -l $cgroups
ip link set lo up
mount --make-rshared /`;
}

/** The absolute paths of the guest, moved below `root`; and its tools, which are not the host's. */
function moved(text: string, root: string): string {
  return text
    .replaceAll('/containers/', `${root}/containers/`)
    .replaceAll('/run/', `${root}/run/`)
    .replaceAll('/dev/console', `${root}/console`)
    .replace('#!/bin/sh', `#!${busybox} sh`)
    .replace('PATH=/usr/sbin:/usr/bin:/sbin:/bin', `PATH=${root}/bin`);
}

async function install(root: string, bundle: Bundle): Promise<string> {
  for (const { path: name, mode, content } of bundle.files) {
    const file = path.join(root, name);
    await mkdir(content.kind === 'directory' ? file : path.dirname(file), { recursive: true });
    if (content.kind === 'data') {
      await writeFile(file, moved(content.data, root));
      await chmod(file, mode);
    }
  }
  await busyboxTree(path.join(root, bundle.tree));
  return path.join(root, path.dirname(bundle.tree));
}

/** An image's tree: busybox, and the folders that every container image is given. */
async function busyboxTree(root: string): Promise<void> {
  for (const folder of ['bin', 'dev', 'dev/pts', 'dev/shm', 'etc', 'proc', 'sys', 'tmp', 'data']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await copyFile(busybox, path.join(root, 'bin/busybox'));
  const { stdout } = await execa(busybox, ['--list']);
  for (const applet of stdout.split('\n').filter((name) => name !== 'busybox')) {
    await symlink('busybox', path.join(root, 'bin', applet));
  }
  await writeFile(path.join(root, 'etc/image'), 'from the image\n');
}
