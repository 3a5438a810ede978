import path from 'node:path';
import type { MountSpec } from '../spec/index.ts';
import { namespaceBindings } from './attach.ts';
import { completeConfig } from './buses.ts';
import type { EffectiveRuntime } from './keys.ts';
import type { OciMount } from './oci.ts';
import { type BundlePaths, overlayOptions } from './runtime.ts';
import { quote, scriptHead, toScript } from './shell.ts';

export interface PrepareInput {
  /** `services/web`, for the reader. */
  readonly title: string;
  readonly paths: BundlePaths;
  readonly readonly: boolean;
  readonly runtime: EffectiveRuntime;
  /** Paths in the container on which the runtime mounts, or which it otherwise makes in the root. */
  readonly mountPoints: readonly string[];
  /** Emulated I2C buses that the container uses. */
  readonly buses: readonly string[];
}

/**
 * The script `prepare`, which init runs before each start of the container. In LinuxKit's order: the root, the
 * runtime's mounts, directories (so that they can lie on those mounts), cgroups.
 *
 * It may run many times. A writable root is made anew each time: a start finds the image's files and nothing else, as
 * in LinuxKit, and what earlier runs wrote takes no memory. Mounts outside of it are made once per boot.
 */
export function prepareScript(input: PrepareInput): string {
  const { title, runtime, readonly } = input;
  return toScript([
    ...scriptHead(`Makes the root file system of ${title} ready. Run before each start.`),
    'unmount() { while umount -l "$1" 2>/dev/null; do :; done; }',
    ...release(runtime),
    ...(readonly ? readonlyRoot(input) : writableRoot(input.paths)),
    ...runtime.mounts.flatMap((mount, index) => runtimeMount(input, mount, index)),
    ...runtime.mkdir.map((directory) => `mkdir -p ${quote(inRoot(input.paths, directory))}`),
    ...runtime.cgroups.flatMap(cgroup),
    ...(input.buses.length > 0 ? numberBuses(input) : []),
  ]);
}

/**
 * A namespace that `bindNS` kept holds the interfaces of the earlier run. It has to go before the next container is
 * created: that one begins with a copy of all mounts, this one among them.
 */
function release(runtime: EffectiveRuntime): readonly string[] {
  return namespaceBindings(runtime).map(([, target]) => `unmount ${quote(target)}`);
}

function writableRoot({ rootfs, tmp, tree }: BundlePaths): readonly string[] {
  return [`unmount ${quote(rootfs)}`, `unmount ${quote(tmp)}`, ...overlay(tree, tmp, rootfs)];
}

function overlay(tree: string, tmp: string, rootfs: string): readonly string[] {
  return [
    `mount -t tmpfs tmpfs ${quote(tmp)}`,
    `mount --make-private ${quote(tmp)}`,
    `mkdir ${quote(`${tmp}/upper`)} ${quote(`${tmp}/work`)}`,
    `mount -t overlay -o ${quote(overlayOptions(tree, tmp).join(','))} overlay ${quote(rootfs)}`,
  ];
}

/**
 * A read-only root is the image's tree itself. Only where the runtime would have to make a mount point in it, which a
 * read-only file system refuses, does it get a layer in memory; the container sees it read-only all the same.
 */
function readonlyRoot(input: PrepareInput): readonly string[] {
  const { rootfs, tmp, tree } = input.paths;
  const shared = tree === rootfs ? [] : once(input, 'root', [`mount -o bind ${quote(tree)} ${quote(rootfs)}`]);
  if (input.mountPoints.length === 0) return shared;
  return [
    ...shared,
    '# True if a path is there without following links, which lead out of the root as seen from here.',
    'has() {',
    `  at=${quote(rootfs)}`,
    '  IFS=/',
    '  for part in $1; do',
    '    at=$at/$part',
    '    [ ! -L "$at" ] || return 1',
    '  done',
    '  unset IFS',
    '  [ -e "$at" ]',
    '}',
    'missing=',
    `for point in ${input.mountPoints.map(quote).join(' ')}; do`,
    '  ( set -f; has "$point" ) || missing=yes',
    'done',
    `if [ -n "$missing" ] && [ ! -d ${quote(`${tmp}/upper`)} ]; then`,
    // The tree may be mounted in several places, of which only this one gets the layer.
    `  mount --make-private ${quote(rootfs)} 2>/dev/null || :`,
    ...overlay(rootfs, tmp, rootfs).map((line) => `  ${line}`),
    'fi',
  ];
}

function runtimeMount(input: PrepareInput, mount: MountSpec, index: number): readonly string[] {
  const destination = inRoot(input.paths, mount.destination);
  const lines = mountCommands(mount, destination);
  const { rootfs } = input.paths;
  const isFresh = !input.readonly && (destination === rootfs || destination.startsWith(`${rootfs}/`));
  return isFresh ? lines : once(input, `mount-${index}`, lines);
}

const propagation = /^r?(shared|slave|private|unbindable)$/;

/** A mount point's propagation can only be changed by a call of its own (mount.2). */
function mountCommands(mount: OciMount, destination: string): readonly string[] {
  const options = (mount.options ?? []).filter((option) => !propagation.test(option));
  const folders = options.flatMap((option) => /^(?:upperdir|workdir)=(.*)$/.exec(option)?.[1] ?? []);
  const type = mount.type === 'bind' ? '' : (mount.type ?? '');
  const flags =
    mount.type === 'bind' && !options.some((each) => /^r?bind$/.test(each)) ? ['bind', ...options] : options;
  const source = mount.source ?? '';
  const isNew = type !== '' || source !== '';
  // "remount" with nothing but a propagation changes the propagation alone.
  const isChange = flags.some((flag) => flag !== 'remount');
  const words = [
    ...(type === '' ? [] : ['-t', quote(type)]),
    ...(flags.length === 0 ? [] : ['-o', quote(flags.join(','))]),
    quote(source === '' ? type || 'none' : source),
    quote(destination),
  ];
  return [
    ...[...folders, destination].map((folder) => `mkdir -p ${quote(folder)}`),
    ...(isNew || isChange ? [`mount ${words.join(' ')}`] : []),
    ...(mount.options ?? [])
      .filter((option) => propagation.test(option))
      .map((option) => `mount --make-${option} ${quote(destination)}`),
  ];
}

function numberBuses(input: PrepareInput): readonly string[] {
  return once(input, 'config', completeConfig(input.paths.bundle, preparedFolder(input.title), input.buses));
}

function preparedFolder(title: string): string {
  return `/run/lkit/prepared/${title}`;
}

/** Runs lines once per boot: /run is empty when the guest starts. */
function once({ title }: PrepareInput, step: string, lines: readonly string[]): readonly string[] {
  const folder = preparedFolder(title);
  const marker = quote(`${folder}/${step}`);
  return [
    `if [ ! -e ${marker} ]; then`,
    ...lines.map((line) => `  ${line}`),
    `  mkdir -p ${quote(folder)}`,
    `  : >${marker}`,
    'fi',
  ];
}

/** A relative path is one in the container's root. */
function inRoot({ rootfs }: BundlePaths, target: string): string {
  return path.posix.resolve(rootfs, target);
}

/** One directory in cgroup v2, one below each controller in v1. A failure is only reported, as in LinuxKit. */
function cgroup(name: string): readonly string[] {
  const relative = quote(name.replace(/^\/+/, ''));
  return [
    'if [ -e /sys/fs/cgroup/cgroup.controllers ]; then',
    `  mkdir -p /sys/fs/cgroup/${relative} || :`,
    'else',
    `  for controller in /sys/fs/cgroup/*/; do mkdir -p "$controller"${relative} || :; done`,
    'fi',
  ];
}
