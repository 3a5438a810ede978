import assert from 'node:assert/strict';
import {
  contentOf,
  cpioEntrySize,
  cpioHeader,
  cpioPadding,
  cpioSize,
  cpioTrailer,
  type Entry,
  type Member,
  noContent,
  writeCpio,
} from '../../../pkg/archive/index.ts';
import { collect } from './raw-tar.ts';

const file: Entry = { path: 'f', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };
const directory: Entry = { ...file, path: 'd', type: 'directory', mode: 0o755 };

type Given = Entry | readonly [Entry, string];

async function write(...given: readonly Given[]): Promise<Buffer> {
  async function* members(): AsyncGenerator<Member> {
    for (const each of given) {
      yield await Promise.resolve(
        'path' in each
          ? { entry: each, content: noContent }
          : { entry: { ...each[0], size: each[1].length }, content: contentOf(Buffer.from(each[1])) },
      );
    }
  }
  return await collect(writeCpio(members()));
}

interface Record {
  readonly name: string;
  readonly ino: number;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly mtime: number;
  readonly content: string;
  readonly device: string;
}

/** Reads newc as the kernel's buffer-format.rst describes it, independently of the writer. */
function read(archive: Buffer): readonly Record[] {
  const records: Record[] = [];
  for (let at = 0; ;) {
    const field = (index: number): number =>
      parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    assert.equal(archive.toString('latin1', at, at + 6), '070701');
    const [nameSize, size] = [field(11), field(6)];
    const name = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
    const dataAt = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (name === 'TRAILER!!!') return records;
    records.push({
      name,
      ino: field(0),
      mode: field(1).toString(8),
      uid: field(2),
      gid: field(3),
      links: field(4),
      mtime: field(5),
      content: archive.toString('latin1', dataAt, dataAt + size),
      device: `${field(9)}:${field(10)}`,
    });
    at = Math.ceil((dataAt + size) / 4) * 4;
  }
}

describe('writeCpio', () => {
  it('writes every type with its mode, owner and time', async () => {
    const records = read(
      await write(
        directory,
        [{ ...file, mode: 0o4755, uid: 1000, gid: 4_000_000_000, mtime: 1_700_000_000 }, 'hello'],
        { ...file, path: 'l', type: 'symlink', mode: 0o777, link: '/d/caf\xe9' },
        { ...file, path: 'c', type: 'character', device: { major: 5, minor: 1 } },
        { ...file, path: 'b', type: 'block', device: { major: 8, minor: 0 } },
        { ...file, path: 'p', type: 'fifo' },
      ),
    );
    assert.deepEqual(
      records.map(({ name, mode, links, content, device }) => [name, mode, links, content, device]),
      [
        ['d', '40755', 2, '', '0:0'],
        ['f', '104755', 1, 'hello', '0:0'],
        ['l', '120777', 1, '/d/caf\xe9', '0:0'],
        ['c', '20644', 1, '', '5:1'],
        ['b', '60644', 1, '', '8:0'],
        ['p', '10644', 1, '', '0:0'],
      ],
    );
    assert.deepEqual([records[1]?.uid, records[1]?.gid, records[1]?.mtime], [1000, 4_000_000_000, 1_700_000_000]);
  });

  it('numbers inodes from 1, and gives all names of one file the same', async () => {
    const records = read(
      await write(
        [{ ...file, path: 'a', links: 2 }, 'shared'],
        { ...file, path: 'b' },
        { ...file, path: 'c', type: 'hardlink', link: 'a' },
      ),
    );
    assert.deepEqual(
      records.map(({ name, ino, links, content, mode }) => [name, ino, links, content, mode]),
      [
        ['a', 1, 2, 'shared', '100644'],
        ['b', 2, 1, '', '100644'],
        ['c', 1, 2, '', '100644'],
      ],
    );
  });

  it('adds directories that are missing, before what they hold, once', async () => {
    const records = read(await write({ ...file, path: 'a/b/c' }, { ...file, path: 'a/b/d' }));
    assert.deepEqual(
      records.map(({ name, mode }) => [name, mode]),
      [
        ['a', '40755'],
        ['a/b', '40755'],
        ['a/b/c', '100644'],
        ['a/b/d', '100644'],
      ],
    );
  });

  it('names the root directory "."', async () => {
    assert.deepEqual(
      read(await write({ ...directory, path: '' })).map(({ name }) => name),
      ['.'],
    );
  });

  it('fills up to 512 bytes, so that another archive can follow', async () => {
    assert.equal((await write()).length, 512);
    assert.equal((await write([file, 'x'.repeat(1000)])).length % 512, 0);
  });

  it('gives the same bytes for the same members', async () => {
    assert.ok((await write(directory, [file, 'x'])).equals(await write(directory, [file, 'x'])));
  });

  it('clamps times to what the format has', async () => {
    const records = read(await write({ ...file, mtime: -5 }, { ...file, path: 'g', mtime: 2 ** 40 }));
    assert.deepEqual(
      records.map(({ mtime }) => mtime),
      [0, 0xffff_ffff],
    );
  });

  const refused: readonly (readonly [string, Entry, string, RegExp])[] = [
    [
      'a file of 4 GiB',
      { ...file, size: 2 ** 32 },
      'not-representable',
      /^"f": 4294967296 bytes are too many for an initrd/,
    ],
    ['a path that the kernel skips', { ...file, path: `${'d/'.repeat(2048)}f` }, 'not-representable', /4095/],
    [
      'a symlink that the kernel skips',
      { ...file, type: 'symlink', link: 'x'.repeat(4096) },
      'not-representable',
      /4095/,
    ],
    ['the name of the end', { ...file, path: 'TRAILER!!!' }, 'not-representable', /ends a cpio archive/],
    ['a hard link to nothing', { ...file, type: 'hardlink', link: 'gone' }, 'broken-hard-link', /^"f"/],
  ];
  for (const [what, entry, code, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(write(entry), (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.equal((error as Error & { code: string }).code, code);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('refuses a hard link to a file that was not said to have several names', async () => {
    await assert.rejects(write(file, { ...file, path: 'g', type: 'hardlink', link: 'f' }), {
      code: 'broken-hard-link',
    });
  });
});

describe('cpio sizes', () => {
  const entries: readonly Entry[] = [
    directory,
    { ...file, path: 'd/file', links: 2 },
    { ...file, path: 'd/l', type: 'symlink', link: 'file' },
    { ...file, path: 'x/y', type: 'hardlink', link: 'd/file' },
    { ...file, path: '', type: 'directory' },
  ];

  it('are known before anything is written', async () => {
    assert.equal(cpioSize(entries), (await write(...entries)).length);
    assert.equal(cpioSize([{ ...file, size: 1001 }]), (await write([file, 'x'.repeat(1001)])).length);
    assert.equal(cpioSize([]), 512);
  });

  it('of one entry are header, content and padding', () => {
    const entry = { ...file, size: 5 };
    assert.equal(cpioEntrySize(entry), cpioHeader(entry, { ino: 1 }).length + 5 + cpioPadding(5).length);
    assert.equal(cpioPadding(8).length, 0);
    assert.equal(cpioTrailer().length % 4, 0);
  });
});
