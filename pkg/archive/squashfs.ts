import { rm } from 'node:fs/promises';
import type { Entry } from './entry.ts';
import { ArchiveError } from './error.ts';
import { type Member, noContent } from './member.ts';
import { Parents } from './parents.ts';
import { type RootMetadata, setSquashfsRoot } from './squashfs-root.ts';
import { writeTar } from './tar-write.ts';
import { startFilter } from './tool-filter.ts';

/** How hard content is compressed. */
export interface SquashfsEffort {
  /** zstd level, 1 to 22. */
  readonly level: number;
  /** Content is compressed in blocks of that size, 4 to 1024. */
  readonly blockKiB: number;
}

/** Bytes up to which a tree is worth an effort. */
const efforts: readonly (readonly [maxBytes: number, effort: SquashfsEffort])[] = [
  [7 << 20, { level: 15, blockKiB: 128 }],
  [32 << 20, { level: 9, blockKiB: 128 }],
  [96 << 20, { level: 6, blockKiB: 512 }],
];
const leastEffort: SquashfsEffort = { level: 3, blockKiB: 1024 };

/**
 * The effort that a tree is worth, by its bytes. Measured with runc, with containerd and with the large tree of the
 * benchmarks, in CPU seconds and in megabytes:
 *
 *     level, block   11 MB of runc   82 MB of containerd   145 MB, synthetic
 *     1, 1 MiB                                             0.7 s, 87.3
 *     2, 1 MiB                                             0.8 s, 63.4
 *     3, 128 KiB     0.06 s, 4.66
 *     3, 256 KiB                     0.4 s, 30.0
 *     3, 512 KiB                                           0.9 s, 61.3
 *     3, 1 MiB                                             0.9 s, 58.1
 *     6, 128 KiB     0.12 s, 4.42
 *     6, 256 KiB                     0.8 s, 28.7
 *     6, 512 KiB                     0.8 s, 28.2
 *     9, 128 KiB     0.21 s, 4.38
 *     9, 256 KiB                     1.4 s, 28.1
 *     12, 128 KiB    0.55 s, 4.36
 *     15, 128 KiB    1.14 s, 4.09
 *
 * The highest level is for what makes up the smallest systems: it takes half a second there, and a twentieth of the
 * bytes. For the rest, a large block brings more than the level; but in the guest each mounted image has some five
 * buffers of the block's size, with two processors: containerd and runc need 10 MiB more in blocks of 1 MiB than in
 * blocks of 256 KiB, and boot no faster. The first build of a large image is what its user waits for.
 */
export function squashfsEffort(bytes: number): SquashfsEffort {
  return efforts.find(([maxBytes]) => bytes <= maxBytes)?.[1] ?? leastEffort;
}

export interface SquashfsOptions {
  /** @default that of a small image */
  readonly effort?: SquashfsEffort;
  /** How many processors to use; the bytes are the same for any number. */
  readonly processors?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Changes whenever other bytes come out for the same members. Belongs to the key of whatever caches the result. */
export const squashfsVersion = 'zstd-3';

/** What a squashfs can hold of extended attributes; ACLs (`system.`) are not among them. */
const storable = /^(user|trusted|security)\./;

/**
 * Packs the members into a new squashfs image at `target`, compressed with zstd, with `mksquashfs`. Their content may be
 * lent (see `lendHostFile`). The same members, level and version of the tool give the same bytes. A first member for the
 * root directory sets its metadata, which is root's, 0755 and 1970 otherwise. No file is left behind where it fails.
 *
 * @throws {ArchiveError} `packing-failed` with the tool's own words, `disk-full`
 * @throws {HostError} `missing-tool`
 */
export async function packSquashfs(
  members: AsyncIterable<Member>,
  target: string,
  options: SquashfsOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const iterator = members[Symbol.asyncIterator]();
  const first = await iterator.next();
  const root = first.done !== true && first.value.entry.path === '' ? first.value.entry : undefined;
  const ids = new Set<number>();
  const all = prepare(first, iterator, ids);
  try {
    await runPacker(writeTar(all, { lend: true }), target, packerArguments(target, options), options.signal);
    await setSquashfsRoot(target, rootMetadata(root), ids);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await all.return(undefined);
  }
}

async function runPacker(
  tar: AsyncIterable<Buffer>,
  target: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const packer = await startFilter('mksquashfs', args, tar);
  packer.output.resume();
  signal?.addEventListener('abort', packer.kill, { once: true });
  try {
    const { failure } = await packer.end;
    signal?.throwIfAborted();
    if (failure !== undefined) throw packingError(failure, target);
  } finally {
    signal?.removeEventListener('abort', packer.kill);
  }
}

function packingError(failure: string, target: string): ArchiveError {
  if (/No space left on device|Disk quota exceeded/.test(failure)) {
    return new ArchiveError('disk-full', `the disk is full: ${target} could not be written`, {
      hint: 'Free some space, or put the cache and the output on a larger disk.',
    });
  }
  return new ArchiveError('packing-failed', failure);
}

/** Not `sqfstar`, the same program: its version 4.5 refuses compression levels. */
function packerArguments(target: string, options: SquashfsOptions): readonly string[] {
  const { effort = squashfsEffort(0), processors } = options;
  return [
    ...['-', target, '-tar', '-noappend', '-quiet', '-no-progress', '-exit-on-error', '-reproducible'],
    ...['-comp', 'zstd', '-Xcompression-level', String(effort.level)],
    ...['-b', `${effort.blockKiB}K`, '-mkfs-time', '0'],
    // By default it takes a quarter of the host's memory.
    ...['-mem', '256M'],
    // With tail ends packed, which version 4.5 does for tars, the bytes depend on which of its threads is faster.
    '-no-tailends',
    // Inodes stay uncompressed (some 40 bytes more for each file), so that the root's can be set.
    '-noI',
    ...(processors === undefined ? [] : ['-processors', String(processors)]),
  ];
}

function rootMetadata(root: Entry | undefined): RootMetadata {
  const { mode, uid, gid, mtime } = root ?? { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  return { mode, uid, gid, mtime: unsigned32(mtime) };
}

/**
 * What squashfs can hold of each member: attributes of three namespaces, times from 1970 to 2106. The packer would make
 * up missing directories with the time of packing.
 */
async function* prepare(
  first: IteratorResult<Member>,
  rest: AsyncIterator<Member>,
  ids: Set<number>,
): AsyncGenerator<Member> {
  const parents = new Parents();
  try {
    for (let result = first; result.done !== true; result = await rest.next()) {
      const { entry, content } = result.value;
      // The packer would only warn about an entry for the root.
      if (entry.path === '') continue;
      for (const directory of parents.before(entry)) {
        ids.add(directory.uid).add(directory.gid);
        yield { entry: directory, content: noContent };
      }
      ids.add(entry.uid).add(entry.gid);
      yield { entry: storableEntry(entry), content };
    }
  } finally {
    await rest.return?.();
  }
}

function storableEntry(entry: Entry): Entry {
  const { xattrs, ...others } = entry;
  const mtime = unsigned32(entry.mtime);
  if (xattrs === undefined) return mtime === entry.mtime ? entry : { ...entry, mtime };
  const kept = new Map([...xattrs].filter(([name]) => storable.test(name)));
  return { ...others, mtime, ...(kept.size === 0 ? {} : { xattrs: kept }) };
}

function unsigned32(seconds: number): number {
  return Math.min(Math.max(seconds, 0), 0xffff_ffff);
}
