import path from 'node:path';
import type { Faults } from '../errors/index.ts';
import type { MountSpec, VolumeSpec } from '../spec/index.ts';
import { bundleError, type Subject } from './error.ts';
import type { EffectiveKeys } from './keys.ts';
import type { OciMount } from './oci.ts';
import { bindSource } from './volumes.ts';

/**
 * Everything that is mounted in the container, sorted by destination so that `/dev` comes before `/dev/pts`. A later
 * kind replaces an earlier one at the same destination: the defaults, `tmpfs`, `binds`, `mounts`.
 *
 * @param faults takes a `BundleError` for each that is left out: `invalid-mount`, `unknown-volume`, `readonly-volume`
 */
export function makeMounts(
  subject: Subject,
  keys: Pick<EffectiveKeys, 'readonly' | 'tmpfs' | 'binds' | 'mounts'>,
  volumes: ReadonlyMap<string, VolumeSpec>,
  faults: Faults,
): readonly OciMount[] {
  const each = <Item>(items: readonly Item[], make: (item: Item) => OciMount): readonly OciMount[] =>
    items.flatMap((item) => faults.attempt(() => [make(item)], []));
  const mounts = [
    ...defaultMounts(keys.readonly),
    ...each(keys.tmpfs, (text) => tmpfsMount(subject, text)),
    ...each(keys.binds, (text) => bindMount(subject, text, volumes)),
    ...each(keys.mounts, (mount) => fullMount(subject, mount, volumes)),
  ];
  const byDestination = new Map(mounts.map((mount) => [mount.destination, mount]));
  return [...byDestination.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

/** LinuxKit's: Docker's without /dev/shm and /dev/mqueue. Runtimes mount cgroup v2 for type `cgroup` where the guest has v2. */
export function defaultMounts(readonly: boolean): readonly OciMount[] {
  const ro = readonly ? ['ro'] : [];
  return [
    mounted('/proc', 'proc', 'proc', ['nosuid', 'nodev', 'noexec', 'relatime']),
    mounted('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k', ...ro]),
    mounted('/dev/pts', 'devpts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
    mounted('/sys', 'sysfs', 'sysfs', ['nosuid', 'noexec', 'nodev', ...ro]),
    mounted('/sys/fs/cgroup', 'cgroup', 'cgroup', ['nosuid', 'noexec', 'nodev', 'relatime', 'ro']),
  ];
}

function mounted(destination: string, type: string, source: string, options: readonly string[]): OciMount {
  return { destination, type, source, options };
}

/** `destination[:option,…]` */
function tmpfsMount(subject: Subject, text: string): OciMount {
  const [destination = '', options, ...rest] = text.split(':');
  if (rest.length > 0) {
    throw bundleError(subject, 'invalid-mount', 'tmpfs', `too many ":" in "${text}"`, 'Write destination[:option,…].');
  }
  return mounted(absolute(subject, 'tmpfs', destination), 'tmpfs', 'tmpfs', words(options));
}

/** `source:destination[:option,…]`; options of one's own replace `rw,rshared` and keep `rbind`. */
function bindMount(subject: Subject, text: string, volumes: ReadonlyMap<string, VolumeSpec>): OciMount {
  const [source = '', destination, options, ...rest] = text.split(':');
  if (destination === undefined || rest.length > 0) {
    const problem = `${destination === undefined ? 'no ":"' : 'too many ":"'} in "${text}"`;
    throw bundleError(subject, 'invalid-mount', 'binds', problem, 'Write source:destination[:option,…].', {
      item: text,
    });
  }
  const chosen = options === undefined ? ['rw', 'rbind', 'rshared'] : [...new Set([...words(options), 'rbind'])];
  const from = bindSource(subject, { key: 'binds', item: text }, source, chosen, volumes);
  return mounted(absolute(subject, 'binds', destination, text), 'bind', from, chosen);
}

const typesNamedBySource = ['mqueue', 'devpts', 'proc', 'sysfs', 'cgroup'];
const usualDestination: Readonly<Record<string, string>> = {
  proc: '/proc',
  devpts: '/dev/pts',
  sysfs: '/sys',
  cgroup: '/sys/fs/cgroup',
  mqueue: '/dev/mqueue',
};

function fullMount(subject: Subject, mount: MountSpec, volumes: ReadonlyMap<string, VolumeSpec>): OciMount {
  const { destination: written, options = [] } = mount;
  const type = mountType(mount, volumes);
  if (type === undefined) {
    const problem = `the mount at "${written}" has no type`;
    throw bundleError(subject, 'invalid-mount', 'mounts', problem, 'Add "type:", such as bind, tmpfs or ext4.');
  }
  const destination = written === '' ? usualDestination[type] : written;
  if (destination === undefined) {
    const problem = `a mount of type ${type} has no destination`;
    throw bundleError(subject, 'invalid-mount', 'mounts', problem, 'Add "destination:", a path in the container.');
  }
  const at = absolute(subject, 'mounts', destination);
  if (type !== 'bind') return { ...mounted(at, type, mount.source || type, options), ...idMappings(mount) };
  if (mount.source === undefined || mount.source === '') {
    throw bundleError(subject, 'invalid-mount', 'mounts', `the bind mount at "${at}" has no source`, 'Add "source:".');
  }
  // To the runtimes a bind mount is one by its options, not by its type (config.md, "Mounts").
  const kind = options.includes('bind') || options.includes('rbind') ? [] : ['rbind'];
  const from = bindSource(subject, { key: 'mounts' }, mount.source, options, volumes);
  return { ...mounted(at, type, from, [...options, ...kind]), ...idMappings(mount) };
}

/** For id-mapped mounts, since version 1.1 of the specification; an older runtime passes over them. */
function idMappings({ uidMappings, gidMappings }: MountSpec): Pick<OciMount, 'uidMappings' | 'gidMappings'> {
  return { ...(uidMappings && { uidMappings }), ...(gidMappings && { gidMappings }) };
}

function mountType(mount: MountSpec, volumes: ReadonlyMap<string, VolumeSpec>): string | undefined {
  const { type = '', source = '', destination, options = [] } = mount;
  if (type !== '') return type;
  if (typesNamedBySource.includes(source)) return source;
  if (options.includes('bind') || options.includes('rbind') || volumes.has(source)) return 'bind';
  return destination === '/dev' ? 'tmpfs' : undefined;
}

/**
 * One spelling for each destination, so that `/data/` replaces `/data`. A relative one is below the container's root,
 * as the runtimes take it against the specification, which wants it absolute.
 */
function absolute(
  subject: Subject,
  key: 'tmpfs' | 'binds' | 'mounts',
  destination: string,
  item = destination,
): string {
  if (destination !== '') return path.posix.resolve('/', destination);
  const problem = 'a destination is empty';
  throw bundleError(subject, 'invalid-mount', key, problem, 'Write a path in the container.', { item });
}

function words(options: string | undefined): readonly string[] {
  return (options ?? '').split(',').filter((option) => option !== '');
}
