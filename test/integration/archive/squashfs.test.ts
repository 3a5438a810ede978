import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  ArchiveError,
  contentOf,
  type Entry,
  type Member,
  packSquashfs,
  readTar,
  writeTar,
} from '../../../pkg/archive/index.ts';
import { setSquashfsRoot } from '../../../pkg/archive/squashfs-root.ts';
import { withTempDir } from '../../support/lkit.ts';
import { collect } from '../../unit/archive/raw-tar.ts';
import { everyKind, membersOf } from './members.ts';

const run = promisify(execFile);
const options = { env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' }, encoding: 'latin1' as const, maxBuffer: 64 << 20 };

async function list(image: string): Promise<readonly string[]> {
  const { stdout } = await run('unsquashfs', ['-d', '', '-llnumeric', image], options);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trimEnd());
}

async function packed(folder: string, name: string, members: AsyncIterable<Member>, more = {}): Promise<Buffer> {
  const file = path.join(folder, name);
  await packSquashfs(members, file, more);
  return await readFile(file);
}

describe('packSquashfs', function () {
  this.timeout(60_000);

  it('keeps every kind of file, its owner, mode, time and links', async () => {
    await withTempDir(async (folder) => {
      await packSquashfs(membersOf(everyKind), path.join(folder, 'i'));
      const lines = await list(path.join(folder, 'i'));
      const find = (name: string): string | undefined => lines.find((line) => line.includes(` ${name}`));
      assert.match(lines[0] ?? '', /^drwx--x--x 5\/6 \d+ 1970-01-01 00:00$/);
      assert.equal(find('/bin/ping'), '-rwsr-xr-x 0/0 6 2023-11-14 22:13 /bin/ping');
      assert.equal(find('/bin/sh'), 'lrwxrwxrwx 0/0 12 2023-11-14 22:13 /bin/sh -> ../elsewhere');
      const target = everyKind.find((entry) => entry.path === 'bin/via')?.link ?? '';
      assert.equal(find('/bin/via'), `lrwxrwxrwx 0/0 ${target.length} 2023-11-14 22:13 /bin/via -> ${target}`);
      assert.equal(find('/dev/disk'), 'brw-rw---- 0/6 8, 1 2023-11-14 22:13 /dev/disk');
      assert.equal(find('/dev/null'), 'crw-rw-rw- 0/0 1, 3 2023-11-14 22:13 /dev/null');
      assert.equal(find('/dev/pipe'), 'prw-r--r-- 0/0 0 2023-11-14 22:13 /dev/pipe');
      assert.equal(find('/far/owner'), '-rw-r--r-- 2147483647/4000000000 5 2023-11-14 22:13 /far/owner');
      assert.ok(find('/odd/caf\xe9'));
      // A directory that nobody described.
      assert.match(find('/odd') ?? '', /^drwxr-xr-x 0\/0 \d+ 1970-01-01 00:00 \/odd$/);
      const { stdout } = await run('unsquashfs', ['-cat', path.join(folder, 'i'), 'bin/ping6'], options);
      assert.equal(stdout, 'binary');
    });
  });

  it('keeps binary attributes', async () => {
    await withTempDir(async (folder) => {
      const value = Buffer.from([0, 0x0a, 0xff, 0x80, 0x3d]);
      const entry: Entry = { path: 'f', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };
      const xattrs = new Map([
        ['user.binary', value],
        ['system.posix_acl_access', value],
        ['user.empty', Buffer.alloc(0)],
      ]);
      await packSquashfs(membersOf([{ ...entry, xattrs }]), path.join(folder, 'i'));
      await run('unsquashfs', ['-user-xattrs', '-d', path.join(folder, 'out'), path.join(folder, 'i')], options);
      const tar = spawn('tar', ['--xattrs', '--xattrs-include=*', '-C', path.join(folder, 'out'), '-cf', '-', 'f']);
      for await (const { entry: unpacked } of readTar(tar.stdout)) {
        assert.deepEqual(
          unpacked.xattrs,
          new Map([
            ['user.binary', value],
            ['user.empty', Buffer.alloc(0)],
          ]),
        );
      }
    });
  });

  it('gives the same bytes with any number of processors, at any time, and with SOURCE_DATE_EPOCH set', async () => {
    const many = [
      ...everyKind,
      ...Array.from({ length: 300 }, (_, index): Entry => ({
        path: `many/${index}`,
        type: 'file',
        mode: 0o600,
        uid: index,
        gid: 0,
        mtime: index,
        size: index * 997,
      })),
    ];
    await withTempDir(async (folder) => {
      const first = await packed(folder, 'a', membersOf(many), { processors: 1 });
      await new Promise((resolve) => setTimeout(resolve, 1100));
      process.env['SOURCE_DATE_EPOCH'] = '5';
      try {
        assert.ok(first.equals(await packed(folder, 'b', membersOf(many), { processors: 2 })));
      } finally {
        delete process.env['SOURCE_DATE_EPOCH'];
      }
    });
  });

  it('makes an empty image of nothing', async () => {
    await withTempDir(async (folder) => {
      await packSquashfs(membersOf([]), path.join(folder, 'i'));
      const lines = await list(path.join(folder, 'i'));
      assert.deepEqual(
        lines.map((line) => line.replace(/ \d+ /, ' N ')),
        ['drwxr-xr-x 0/0 N 1970-01-01 00:00'],
      );
    });
  });

  it('is smaller at a higher level', async () => {
    await withTempDir(async (folder) => {
      const entry: Entry = { path: 'f', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 1 << 20 };
      const text = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => 97 + (((index * index) >> 7) % 23)));
      const sizes: number[] = [];
      for (const level of [1, 15]) {
        sizes.push((await packed(folder, String(level), members(), { effort: { level, blockKiB: 128 } })).length);
      }
      assert.ok((sizes[1] ?? 0) < (sizes[0] ?? 0), String(sizes));

      async function* members(): AsyncGenerator<Member> {
        yield await Promise.resolve({ entry, content: contentOf(text) });
      }
    });
  });

  it('leaves nothing behind, and tells why, when a member fails', async () => {
    await withTempDir(async (folder) => {
      async function* failing(): AsyncGenerator<Member> {
        yield* membersOf(everyKind);
        throw new Error('layer unreadable');
      }
      await assert.rejects(packSquashfs(failing(), path.join(folder, 'i')), /^Error: layer unreadable$/);
      await assert.rejects(access(path.join(folder, 'i')));
    });
  });

  it('says in the words of the tool why it failed', async () => {
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'dir'));
      await assert.rejects(packSquashfs(membersOf(everyKind), path.join(folder, 'missing/i')), (error: unknown) => {
        assert.ok(error instanceof ArchiveError, String(error));
        assert.equal(error.code, 'packing-failed');
        assert.match(error.message, /^mksquashfs failed \(exit code 1\): .*No such file or directory/s);
        return true;
      });
    });
  });

  it('says that the disk is full', async function () {
    try {
      await access('/dev/full');
    } catch {
      return;
    }
    await withTempDir(async (folder) => {
      // Stands in for the tool, so that the full disk need not be real.
      const tool = path.join(folder, 'mksquashfs');
      await writeFile(
        tool,
        '#!/bin/sh\ncat >/dev/null\necho "Write failed because No space left on device" >&2\nexit 1\n',
      );
      await chmod(tool, 0o755);
      const search = process.env['PATH'];
      process.env['PATH'] = `${folder}:${search ?? ''}`;
      try {
        await assert.rejects(packSquashfs(membersOf(everyKind), path.join(folder, 'i')), { code: 'disk-full' });
      } finally {
        process.env['PATH'] = search;
      }
    });
  });

  it('survives a tool that dies while it is fed, with a stream that never ends', async () => {
    await withTempDir(async (folder) => {
      const tool = path.join(folder, 'mksquashfs');
      await writeFile(tool, '#!/bin/sh\nhead -c 100000 >/dev/null\necho "it broke" >&2\nexit 3\n');
      await chmod(tool, 0o755);
      const search = process.env['PATH'];
      process.env['PATH'] = `${folder}:${search ?? ''}`;
      let closed = false;
      async function* endless(): AsyncGenerator<Member> {
        try {
          for (let index = 0; ; index++) {
            const entry: Entry = { path: `${index}`, type: 'file', mode: 0, uid: 0, gid: 0, mtime: 0, size: 100_000 };
            yield await Promise.resolve({ entry, content: contentOf(Buffer.alloc(100_000)) });
          }
        } finally {
          closed = true;
        }
      }
      try {
        await assert.rejects(
          packSquashfs(endless(), path.join(folder, 'i')),
          /mksquashfs failed \(exit code 3\): it broke/,
        );
        assert.equal(closed, true);
      } finally {
        process.env['PATH'] = search;
      }
    });
  });

  it('stops when it is told to', async () => {
    await withTempDir(async (folder) => {
      const stop = new AbortController();
      async function* slow(): AsyncGenerator<Member> {
        yield* membersOf(everyKind);
        stop.abort();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await assert.rejects(packSquashfs(slow(), path.join(folder, 'i'), { signal: stop.signal }), {
        name: 'AbortError',
      });
      await assert.rejects(access(path.join(folder, 'i')));
    });
  });
});

describe('setSquashfsRoot', function () {
  this.timeout(60_000);
  const file: Entry = { path: 'f', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };
  const root: Entry = { ...file, path: '', type: 'directory', mode: 0o1750, uid: 11, gid: 12, mtime: 86_400 };

  it('finds the root wherever it stands, also across two metadata blocks', async () => {
    await withTempDir(async (folder) => {
      for (let count = 250; count < 262; count++) {
        const entries = Array.from({ length: count }, (_, index) => ({ ...file, path: String(index) }));
        const image = path.join(folder, String(count));
        await packSquashfs(membersOf([root, ...entries]), image);
        const lines = await list(image);
        assert.match(lines[0] ?? '', /^drwxr-x--T 11\/12 \d+ 1970-01-02 00:00$/);
        assert.equal(lines.length, count + 1);
      }
    });
  });

  it('keeps more owners than fit into one block', async () => {
    await withTempDir(async (folder) => {
      const xattrs = new Map([['user.a', Buffer.from('1')]]);
      const entries = Array.from({ length: 5000 }, (_, id): Entry => ({ ...file, path: String(id), uid: id, xattrs }));
      await packSquashfs(membersOf([root, ...entries]), path.join(folder, 'i'));
      const lines = await list(path.join(folder, 'i'));
      assert.match(lines[0] ?? '', /^drwxr-x--T 11\/12 /);
      assert.deepEqual(
        lines
          .slice(1)
          .map((line) => line.replace(/^\S+ (\d+)\/0 .* \/(\d+)$/, '$1=$2'))
          .sort(),
        entries.map(({ path: name }) => `${name}=${name}`).sort(),
      );
    });
  });

  it('makes the image of any user the same', async function () {
    // Only root can become somebody else.
    if (process.getuid?.() !== 0) return;
    await withTempDir(async (folder) => {
      await chmod(folder, 0o777);
      const owned: Entry = { ...file, uid: 33, mtime: 7, size: 3, xattrs: new Map([['user.a', Buffer.from('1')]]) };
      const tar = path.join(folder, 't.tar');
      await writeFile(tar, await collect(writeTar(membersOf([owned]))));
      const images: Buffer[] = [];
      for (const [uid, gid] of [
        [0, 0],
        [1234, 1234],
        [1234, 99],
      ] as const) {
        const image = path.join(folder, `${uid}-${gid}`);
        const pack = `mksquashfs - ${image} -tar -noI -comp zstd -mkfs-time 0 -quiet -no-progress < ${tar}`;
        await run('setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', 'sh', '-c', pack], options);
        await setSquashfsRoot(image, { mode: 0o750, uid: 8, gid: 0, mtime: 9 }, new Set([33, 0]));
        assert.deepEqual(
          (await list(image)).map((line) => line.replace(/ \d+ /, ' N ')),
          ['drwxr-x--- 8/0 N 1970-01-01 00:00', '-rw-r--r-- 33/0 N 1970-01-01 00:00 /f'],
        );
        images.push(await readFile(image));
      }
      assert.ok(images.every((image) => image.equals(images[0] ?? Buffer.alloc(0))));
    });
  });
});
