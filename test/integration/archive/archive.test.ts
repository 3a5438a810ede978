import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Compression, decompress, type Entry, readTar, writeCpio, writeTar } from '../../../pkg/archive/index.ts';
import { withTempDir } from '../../support/lkit.ts';
import { collect } from '../../unit/archive/raw-tar.ts';
import { everyKind, membersOf } from './members.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const inUtc = { env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' }, maxBuffer: 64 << 20, encoding: 'latin1' as const };

async function write(file: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const target = await open(file, 'wx');
  await pipeline(bytes, target.createWriteStream());
}

async function entriesOf(file: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const { entry } of readTar(createReadStream(file))) entries.push(entry);
  return entries;
}

describe('tar, as others read and write it', function () {
  this.timeout(60_000);

  it('is what GNU tar lists', async () => {
    await withTempDir(async (folder) => {
      await write(path.join(folder, 't.tar'), writeTar(membersOf(everyKind)));
      const { stdout, stderr } = await run('tar', ['--numeric-owner', '-tvf', path.join(folder, 't.tar')], inUtc);
      assert.equal(stderr, '');
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' '));
      assert.deepEqual(lines.slice(0, 11), [
        'drwx--x--x 5/6 0 1970-01-01 00:00 ./',
        'drwxr-xr-x 0/0 0 2023-11-14 22:13 bin/',
        '-rwsr-xr-x 0/0 6 2023-11-14 22:13 bin/ping',
        'hrwsr-xr-x 0/0 0 2023-11-14 22:13 bin/ping6 link to bin/ping',
        'lrwxrwxrwx 0/0 0 2023-11-14 22:13 bin/sh -> ../elsewhere',
        `lrwxrwxrwx 0/0 0 2023-11-14 22:13 bin/via -> ${'../'.repeat(41)}far/owner`,
        'drwxrwxrwt 0/0 0 2023-11-14 22:13 dev/',
        'brw-rw---- 0/6 8,1 2023-11-14 22:13 dev/disk',
        'crw-rw-rw- 0/0 1,3 2023-11-14 22:13 dev/null',
        'prw-r--r-- 0/0 0 2023-11-14 22:13 dev/pipe',
        '-rw-r--r-- 2147483647/4000000000 5 2023-11-14 22:13 far/owner',
      ]);
      assert.equal(lines.length, everyKind.length);
    });
  });

  it('is what bsdtar unpacks, attributes and all', async function () {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 't.tar');
      await write(file, writeTar(membersOf(everyKind.filter(({ type }) => type !== 'block' && type !== 'character'))));
      const root = path.join(folder, 'root');
      await mkdir(root);
      try {
        await run('bsdtar', ['-xpf', file, '-C', root, ...(isRoot ? [] : ['--no-same-owner'])], inUtc);
      } catch (error) {
        // The reader of choice of half the world, and still not on every machine.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
        throw error;
      }
      assert.equal((await stat(path.join(root, 'bin/ping'))).ino, (await stat(path.join(root, 'bin/ping6'))).ino);
      const long = everyKind.find((entry) => entry.path.length > 100)?.path ?? '';
      assert.equal((await stat(Buffer.from(path.join(root, long), 'latin1'))).size, 4);
      const names = await readdir(path.join(root, 'odd'), { encoding: 'buffer' });
      assert.deepEqual(names.map((name) => name.toString('latin1')).sort(), ['caf\xe9', 'na\nme']);
    });
  });

  for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
    it(`is read as GNU tar writes it, --format=${format}`, async () => {
      await withTempDir(async (folder) => {
        const root = path.join(folder, 'root');
        await mkdir(path.join(root, 'd'), { recursive: true });
        const name = `d/${(format === 'v7' ? 'n' : 'name').repeat(20)}`;
        await writeFile(path.join(root, name), 'content');
        await chmod(path.join(root, name), 0o640);
        await run('ln', [path.join(root, name), path.join(root, 'd/link')]);
        await run('ln', [
          '-s',
          'l'.repeat(format === 'pax' || format === 'gnu' ? 300 : 90),
          path.join(root, 'd/symlink'),
        ]);
        await run('tar', [`--format=${format}`, '--sort=name', '-C', root, '-cf', path.join(folder, 't.tar'), '.']);
        const entries = await entriesOf(path.join(folder, 't.tar'));
        assert.deepEqual(
          entries.map(({ path: each, type, link }) => [each, type, link?.length]),
          [
            ['', 'directory', undefined],
            ['d', 'directory', undefined],
            ['d/link', 'file', undefined],
            [name, 'hardlink', 6],
            ['d/symlink', 'symlink', format === 'pax' || format === 'gnu' ? 300 : 90],
          ],
        );
        assert.equal(entries[2]?.mode, 0o640);
      });
    });
  }

  for (const [format, version] of [
    ['gnu', ''],
    ['pax', '0.0'],
    ['pax', '0.1'],
    ['pax', '1.0'],
  ] as const) {
    it(`reads sparse files as GNU tar writes them, ${format} ${version}`, async () => {
      await withTempDir(async (folder) => {
        const source = path.join(folder, 'sparse');
        const file = await open(source, 'w');
        for (let index = 0; index < 40; index++)
          await file.write(Buffer.from(`data ${index}`), 0, undefined, index * 100_000);
        await file.truncate(5_000_000);
        await file.close();
        const archive = path.join(folder, 't.tar');
        const versionFlag = version === '' ? [] : [`--sparse-version=${version}`];
        await run('tar', [`--format=${format}`, ...versionFlag, '--sparse', '-C', folder, '-cf', archive, 'sparse']);
        for await (const { entry, content } of readTar(createReadStream(archive))) {
          assert.deepEqual([entry.path, entry.size], ['sparse', 5_000_000]);
          assert.ok((await collect(content)).equals(await readFile(source)));
        }
      });
    });
  }
});

describe('cpio, as others read it', function () {
  this.timeout(60_000);

  it('is what GNU cpio lists and unpacks, hard links and all', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'initrd');
      const plain = everyKind.filter(({ path: each }) => !each.startsWith('odd/'));
      await write(file, writeCpio(membersOf(plain)));
      assert.equal((await stat(file)).size % 512, 0);
      const listed = await cpio(['-itvn', '--quiet'], file);
      const lines = listed
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/\s+/g, ' '));
      assert.deepEqual(lines.slice(0, 9), [
        'drwx--x--x 2 5 6 0 Jan 1 1970 .',
        'drwxr-xr-x 2 0 0 0 Nov 14 2023 bin',
        '-rwsr-xr-x 2 0 0 6 Nov 14 2023 bin/ping',
        '-rwsr-xr-x 2 0 0 0 Nov 14 2023 bin/ping6',
        'lrwxrwxrwx 1 0 0 12 Nov 14 2023 bin/sh -> ../elsewhere',
        `lrwxrwxrwx 1 0 0 132 Nov 14 2023 bin/via -> ${'../'.repeat(41)}far/owner`,
        'drwxrwxrwt 2 0 0 0 Nov 14 2023 dev',
        'brw-rw---- 1 0 6 8, 1 Nov 14 2023 dev/disk',
        'crw-rw-rw- 1 0 0 1, 3 Nov 14 2023 dev/null',
      ]);

      const root = path.join(folder, 'root');
      await mkdir(root);
      await cpio(['-idm', '--quiet', '--no-preserve-owner', 'bin/*', 'far/*'], file, root);
      const [ping, ping6] = await Promise.all(['ping', 'ping6'].map((name) => stat(path.join(root, 'bin', name))));
      assert.equal(ping?.ino, ping6?.ino);
      assert.equal(await readFile(path.join(root, 'bin/ping6'), 'utf8'), 'binary');
    });
  });

  async function cpio(args: readonly string[], file: string, cwd = '/'): Promise<string> {
    // Not through a pipe: it stops reading at the trailer.
    const { stdout, stderr } = await run('sh', ['-c', 'cpio "$@" < "$0"', file, ...args], { ...inUtc, cwd });
    assert.equal(stderr, '');
    return stdout;
  }
});

describe('decompress, what others compress', function () {
  this.timeout(60_000);
  const text = Buffer.alloc(5 << 20, 'text that is compressed by the real tools. ');

  for (const tool of ['gzip', 'zstd', 'xz'] as const satisfies readonly Compression[]) {
    it(`reads ${tool}, also in several pieces, and tells when it is damaged`, async () => {
      await withTempDir(async (folder) => {
        const plain = path.join(folder, 'plain');
        await writeFile(plain, text);
        const { stdout } = await run(tool, ['-c', plain], { encoding: 'buffer', maxBuffer: 64 << 20 });
        const file = path.join(folder, 'compressed');
        await writeFile(file, Buffer.concat([stdout, stdout]));
        const result = await collect(decompress(createReadStream(file)));
        assert.equal(result.length, 2 * text.length);
        assert.ok(result.subarray(text.length).equals(text));

        await writeFile(file, stdout.subarray(0, stdout.length - 20));
        await assert.rejects(collect(decompress(createReadStream(file))), (error: unknown) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, /^the \w+ stream (ends in the middle|cannot be decompressed)/);
          return true;
        });
      });
    });
  }
});
