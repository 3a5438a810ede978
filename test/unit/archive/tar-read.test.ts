import assert from 'node:assert/strict';
import { ArchiveError, type Entry, readTar } from '../../../pkg/archive/index.ts';
import { collect, inChunks, paxRecords, type RawEntry, rawTar } from './raw-tar.ts';

interface Read {
  readonly entry: Entry;
  readonly content: Buffer;
}

async function read(archive: Buffer, chunkBytes?: number): Promise<readonly Read[]> {
  const members: Read[] = [];
  for await (const { entry, content } of readTar(inChunks(archive, chunkBytes))) {
    members.push({ entry, content: await collect(content) });
  }
  return members;
}

async function readOne(entry: RawEntry): Promise<Read> {
  const members = await read(rawTar([entry]));
  assert.equal(members.length, 1);
  return members[0]!;
}

const base256 =
  (at: number, length: number, value: bigint) =>
  (header: Buffer): void => {
    const hex = BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0');
    header.write(hex, at, 'hex');
    header[at] = (header[at] ?? 0) | 0x80;
  };

describe('readTar', () => {
  it('reads names, owners, times and contents', async () => {
    const { entry, content } = await readOne({ name: './a/b', mode: 0o4755, uid: 10, gid: 20, mtime: 30, data: 'hi' });
    assert.deepEqual(entry, { path: 'a/b', type: 'file', mode: 0o4755, uid: 10, gid: 20, mtime: 30, size: 2 });
    assert.equal(content.toString(), 'hi');
  });

  it('reads every type of entry', async () => {
    const members = await read(
      rawTar([
        { name: 'd/', type: '5' },
        { name: 'old/', type: '\0' },
        { name: 'l', type: '2', link: '../x' },
        { name: 'h', type: '1', link: './d/../f' },
        { name: 'c', type: '3', device: [5, 1] },
        { name: 'b', type: '4', device: [8, 0] },
        { name: 'p', type: '6' },
        { name: 'contiguous', type: '7', data: 'x' },
        { name: 'volume', type: 'V' },
        { name: 'dump', type: 'D', data: 'Yfile\0' },
      ]),
    );
    assert.deepEqual(
      members.map(({ entry }) => [entry.path, entry.type, entry.link, entry.device?.major, entry.device?.minor]),
      [
        ['d', 'directory', undefined, undefined, undefined],
        ['old', 'directory', undefined, undefined, undefined],
        ['l', 'symlink', '../x', undefined, undefined],
        ['h', 'hardlink', 'f', undefined, undefined],
        ['c', 'character', undefined, 5, 1],
        ['b', 'block', undefined, 8, 0],
        ['p', 'fifo', undefined, undefined, undefined],
        ['contiguous', 'file', undefined, undefined, undefined],
        ['dump', 'directory', undefined, undefined, undefined],
      ],
    );
  });

  for (const size of [1, 7, 511, 512, 513, 4096]) {
    it(`does not care how the bytes come: chunks of ${size}`, async () => {
      const data = Buffer.alloc(3000, 'abc');
      const archive = rawTar([
        { name: 'a', data },
        { name: 'b', pax: [['path', 'long']], data: 'x' },
      ]);
      const members = await read(archive, size);
      assert.deepEqual(
        members.map(({ entry }) => entry.path),
        ['a', 'long'],
      );
      assert.ok(members[0]?.content.equals(data));
    });
  }

  it('skips contents that nobody reads, or only begins to read', async () => {
    const archive = rawTar([
      { name: 'a', data: Buffer.alloc(5000) },
      { name: 'b', data: Buffer.alloc(5000) },
      { name: 'c' },
    ]);
    const names: string[] = [];
    for await (const { entry, content } of readTar(inChunks(archive, 700))) {
      names.push(entry.path);
      if (entry.path === 'b') for await (const piece of content) if (piece.length > 0) break;
    }
    assert.deepEqual(names, ['a', 'b', 'c']);
  });

  it('refuses to give content after its turn', async () => {
    const contents: AsyncIterable<Buffer>[] = [];
    for await (const { content } of readTar(inChunks(rawTar([{ data: 'x' }, { data: 'y' }])))) contents.push(content);
    await assert.rejects(collect(contents[0]!), /read after its turn/);
  });

  it('tells the source when the reader stops early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        yield* inChunks(rawTar([{}, {}]), 512);
      } finally {
        closed = true;
      }
    }
    for await (const { entry } of readTar(source())) if (entry.path === 'file') break;
    assert.equal(closed, true);
  });

  it('reads the source to its end, beyond the end of the archive', async () => {
    let read = 0;
    async function* source(): AsyncGenerator<Buffer> {
      for await (const chunk of inChunks(Buffer.concat([rawTar([{}]), Buffer.alloc(10_240)]), 512)) {
        read += chunk.length;
        yield chunk;
      }
    }
    let members = 0;
    for await (const member of readTar(source())) members += member.entry.path.length > 0 ? 1 : 0;
    assert.deepEqual([members, read], [1, 1536 + 10_240]);
  });

  it('reads an empty stream, and archives without an end, as nothing more', async () => {
    assert.deepEqual(await read(Buffer.alloc(0)), []);
    assert.equal((await read(rawTar([{}], 0))).length, 1);
    assert.equal((await read(rawTar([{}], 1))).length, 1);
  });

  it('keeps names that are not UTF-8', async () => {
    const { entry } = await readOne({ name: 'caf\xe9' });
    assert.equal(entry.path, 'caf\xe9');
  });

  it('joins the two name fields of POSIX, and not those of GNU', async () => {
    assert.equal((await readOne({ name: 'b', prefix: 'a' })).entry.path, 'a/b');
    assert.equal((await readOne({ name: 'b', prefix: 'a', magic: 'ustar  \0' })).entry.path, 'b');
    assert.equal((await readOne({ name: 'b', prefix: 'a', magic: '' })).entry.path, 'b');
  });

  it("does not take star's times for a part of the name", async () => {
    const star = (header: Buffer): void => {
      header.write('a', 345, 'latin1');
      header.write('7777', 476, 'latin1');
      header.write('tar\0', 508, 'latin1');
    };
    assert.equal((await readOne({ name: 'b', patch: star })).entry.path, 'a/b');
  });

  it("reads GNU's long names and link targets", async () => {
    const members = await read(
      rawTar([
        { name: '././@LongLink', type: 'L', data: `${'n'.repeat(300)}\0` },
        { name: '././@LongLink', type: 'K', data: `${'t'.repeat(300)}\0` },
        { name: 'n', type: '2', link: 't' },
        { name: 'next' },
      ]),
    );
    assert.deepEqual(
      members.map(({ entry }) => [entry.path, entry.link]),
      [
        ['n'.repeat(300), 't'.repeat(300)],
        ['next', undefined],
      ],
    );
  });

  describe('extended headers', () => {
    it('override what the header says', async () => {
      const { entry } = await readOne({
        name: 'short',
        type: '2',
        link: 'x',
        pax: [
          ['path', 'é'],
          ['linkpath', 'target'],
          ['uid', '2147483647'],
          ['gid', '3000000000'],
          ['mtime', '1700000000.987'],
        ],
      });
      assert.deepEqual(
        [entry.path, entry.link, entry.uid, entry.gid, entry.mtime],
        ['\xc3\xa9', 'target', 2147483647, 3000000000, 1700000000],
      );
    });

    it('round times before 1970 towards the past', async () => {
      assert.equal((await readOne({ pax: [['mtime', '-1.5']] })).entry.mtime, -2);
    });

    it('give the size of the content', async () => {
      const archive = rawTar([{ name: 'a', size: 0, pax: [['size', '5']], data: 'hello' }, { name: 'b' }]);
      const members = await read(archive);
      assert.deepEqual(
        members.map(({ entry, content }) => [entry.path, content.toString()]),
        [
          ['a', 'hello'],
          ['b', ''],
        ],
      );
    });

    it('carry attributes as bytes: zeros, line ends and what is no UTF-8', async () => {
      const value = Buffer.from([1, 0, 0, 2, 0x80, 0xff, 0x0a, 0x3d, 0x20, 0]);
      const { entry } = await readOne({
        pax: [
          ['SCHILY.xattr.security.capability', value],
          ['SCHILY.xattr.user.empty', ''],
        ],
      });
      assert.deepEqual(
        entry.xattrs,
        new Map([
          ['security.capability', value],
          ['user.empty', Buffer.alloc(0)],
        ]),
      );
    });

    it("take libarchive's attributes where star's are not there", async () => {
      const { entry } = await readOne({
        pax: [
          ['LIBARCHIVE.xattr.user.a%20b', Buffer.from('one').toString('base64')],
          ['LIBARCHIVE.xattr.user.both', Buffer.from('base64').toString('base64')],
          ['SCHILY.xattr.user.both', 'raw'],
        ],
      });
      assert.deepEqual(
        entry.xattrs,
        new Map([
          ['user.both', Buffer.from('raw')],
          ['user.a b', Buffer.from('one')],
        ]),
      );
    });

    it('are cancelled by an empty value', async () => {
      assert.equal((await readOne({ name: 'kept', pax: [['path', '']] })).entry.path, 'kept');
    });

    it('concern only the next entry; global ones all, but for what names a single file', async () => {
      const global = paxRecords([
        ['uid', '7'],
        ['path', 'everything'],
        ['comment', 'x'],
      ]);
      const members = await read(
        rawTar([
          { type: 'g', data: global },
          { name: 'a', pax: [['uid', '9']] },
          { name: 'b' },
          { type: '0', name: 'c', gid: 3 },
        ]),
      );
      assert.deepEqual(
        members.map(({ entry }) => [entry.path, entry.uid, entry.gid]),
        [
          ['a', 9, 0],
          ['b', 7, 0],
          ['c', 7, 3],
        ],
      );
    });
  });

  it("reads GNU's binary numbers", async () => {
    const archive = rawTar([
      { name: 'a', patch: base256(108, 8, 4_000_000_000n) },
      { name: 'b', patch: base256(136, 12, -5n) },
    ]);
    const [a, b] = await read(archive);
    assert.equal(a?.entry.uid, 4_000_000_000);
    assert.equal(b?.entry.mtime, -5);
  });

  it('accepts checksums summed with signs, as old writers did', async () => {
    const sum = (header: Buffer): number => header.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0);
    let checksum = '';
    rawTar([
      {
        name: 'caf\xe9',
        patch: (header) => {
          header.fill(' ', 148, 156);
          checksum = `${sum(header).toString(8).padStart(6, '0')}\0 `;
        },
      },
    ]);
    assert.equal((await readOne({ name: 'caf\xe9', checksum })).entry.path, 'caf\xe9');
  });
});

describe('readTar, names', () => {
  for (const [raw, clean] of [
    ['/etc/passwd', 'etc/passwd'],
    ['./a//b/./c/', 'a/b/c'],
    ['a/../b', 'b'],
    ['../../etc/passwd', 'etc/passwd'],
    ['/../x', 'x'],
    ['..a/.b', '..a/.b'],
  ] as const) {
    it(`reads ${raw} as ${clean}`, async () => {
      assert.equal((await readOne({ name: raw, type: '5' })).entry.path, clean);
    });
  }

  for (const name of ['', './', '/', '.', 'a/..', '..']) {
    it(`reads the directory ${JSON.stringify(name)} as the root`, async () => {
      assert.equal((await readOne({ name, type: '5', mode: 0o700 })).entry.path, '');
    });
  }
});

describe('readTar, what cannot be', () => {
  const cases: readonly (readonly [string, Buffer, string, RegExp])[] = [
    [
      'a file in the place of the root',
      rawTar([{ name: './' }]),
      'invalid-name',
      /a file cannot take the place of the root/,
    ],
    [
      'a NUL in a name',
      rawTar([{ pax: [['path', 'a\0b']] }]),
      'invalid-name',
      /^"a\\x00b": a file name cannot hold a NUL/,
    ],
    ['a symlink without a target', rawTar([{ name: 'l', type: '2' }]), 'invalid-name', /^"l": the target/],
    ['a hard link without a target', rawTar([{ name: 'l', type: '1' }]), 'invalid-name', /^"l": the target/],
    [
      'a hard link out of the archive',
      rawTar([{ name: 'l', type: '1', link: '../../etc/shadow' }]),
      'invalid-name',
      /outside/,
    ],
    ['a wrong checksum', rawTar([{ checksum: '000000\0 ' }]), 'invalid-header', /no tar archive, or it is damaged/],
    ['a checksum that is no number', rawTar([{ checksum: 'zzzzzz\0 ' }]), 'invalid-header', /no tar archive/],
    ['text', Buffer.from('hello world'.repeat(100)), 'invalid-header', /no tar archive/],
    [
      'more after the first block of zeros',
      Buffer.concat([rawTar([{}], 1), rawTar([{}])]),
      'invalid-header',
      /where it should end/,
    ],
    ['half a header', rawTar([{}], 0).subarray(0, 300), 'truncated', /ends in the middle/],
    [
      'half a file',
      rawTar([{ name: 'f', data: Buffer.alloc(2000) }]).subarray(0, 1500),
      'truncated',
      /^"f": .*in the middle of it/,
    ],
    ['a file without its padding', rawTar([{ name: 'f', data: 'x' }], 0).subarray(0, 600), 'truncated', /^"f"/],
    ['half a long name', rawTar([{ type: 'L', data: 'n'.repeat(900) }]).subarray(0, 1000), 'truncated', /middle/],
    ['half a volume label', rawTar([{ type: 'V', data: 'n'.repeat(900) }]).subarray(0, 1000), 'truncated', /middle/],
    [
      'a number that is none',
      rawTar([{ name: 'f', patch: (head) => head.write('12x4567', 108, 'latin1') }]),
      'invalid-number',
      /owner .*"12x4567/,
    ],
    [
      'a number with a gap',
      rawTar([{ name: 'f', patch: (head) => head.write('12 4567', 108, 'latin1') }]),
      'invalid-number',
      /owner/,
    ],
    ['a negative owner', rawTar([{ pax: [['uid', '-1']] }]), 'invalid-number', /^"file": its owner .* -1/],
    ['an owner that means none', rawTar([{ pax: [['gid', '4294967295']] }]), 'invalid-number', /group/],
    ['a negative size', rawTar([{ patch: base256(124, 12, -1n) }]), 'invalid-number', /size/],
    ['a size beyond anything', rawTar([{ patch: base256(124, 12, 1n << 62n) }]), 'invalid-number', /size/],
    ['a PAX size beyond anything', rawTar([{ pax: [['size', '9'.repeat(30)]] }]), 'invalid-number', /size/],
    ['a PAX size in hexadecimal', rawTar([{ pax: [['size', '0x10']] }]), 'invalid-number', /size/],
    ['a negative PAX size', rawTar([{ pax: [['size', '-512']] }]), 'invalid-number', /size/],
    ['a time that is none', rawTar([{ pax: [['mtime', 'now']] }]), 'invalid-number', /time .*"now"/],
    [
      'a device that Linux cannot have',
      rawTar([{ name: 'c', type: '3', device: [4096, 0] }]),
      'invalid-number',
      /major/,
    ],
    [
      'a PAX record longer than its header',
      rawTar([{ type: 'x', data: '99 path=a\n' }, {}]),
      'invalid-pax',
      /record 1 .* wrong length/,
    ],
    ['a PAX record of length 0', rawTar([{ type: 'x', data: '0 path=a\n' }, {}]), 'invalid-pax', /length/],
    ['a PAX record without a length', rawTar([{ type: 'x', data: 'path=a\n' }, {}]), 'invalid-pax', /length/],
    ['a PAX record without a line end', rawTar([{ type: 'x', data: '9 path=ab' }, {}]), 'invalid-pax', /length/],
    ['a PAX record without a key', rawTar([{ type: 'x', data: '5 =a\n' }, {}]), 'invalid-pax', /key/],
    ['a PAX record without "="', rawTar([{ type: 'x', data: '7 path\n' }, {}]), 'invalid-pax', /key/],
    ['an attribute without a name', rawTar([{ pax: [['SCHILY.xattr.', 'x']] }]), 'invalid-pax', /no name/],
    [
      'an extended header of 2 MiB',
      rawTar([{ name: 'big', type: 'x', size: 2 << 20 }]),
      'invalid-header',
      /more than any file needs/,
    ],
    [
      'a long name of 2 MiB',
      rawTar([{ name: 'big', type: 'L', size: 2 << 20 }]),
      'invalid-header',
      /more than any file needs/,
    ],
    ['a part of a multi-volume archive', rawTar([{ name: 'm', type: 'M' }]), 'unsupported-type', /^"m": .*"M"/],
    ['a type that nobody knows', rawTar([{ name: 'q', type: 'Q' }]), 'unsupported-type', /"Q"/],
  ];
  for (const [what, archive, code, message] of cases) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(read(archive, 512), (error: unknown) => {
        assert.ok(error instanceof ArchiveError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
