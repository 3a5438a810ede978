import assert from 'node:assert/strict';
import {
  ArchiveError,
  contentOf,
  type Entry,
  type Member,
  noContent,
  readTar,
  writeTar,
} from '../../../pkg/archive/index.ts';
import { collect } from './raw-tar.ts';

const plain: Entry = { path: 'f', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 };

async function* members(...entries: readonly (Entry | Member)[]): AsyncGenerator<Member> {
  for (const each of entries) yield await Promise.resolve('entry' in each ? each : { entry: each, content: noContent });
}

async function roundTrip(...entries: readonly (Entry | Member)[]): Promise<readonly Entry[]> {
  const read: Entry[] = [];
  for await (const { entry } of readTar(writeTar(members(...entries)))) read.push(entry);
  return read;
}

describe('writeTar', () => {
  const entries: readonly Entry[] = [
    { ...plain, path: '', type: 'directory', mode: 0o755 },
    { ...plain, path: 'd', type: 'directory', mode: 0o1777 },
    { ...plain, path: 'd/l', type: 'symlink', link: '../target' },
    { ...plain, path: 'd/f', mode: 0o4755, uid: 1, gid: 2, mtime: 1_700_000_000 },
    { ...plain, path: 'd/h', type: 'hardlink', link: 'd/f' },
    { ...plain, path: 'c', type: 'character', device: { major: 4095, minor: 1048575 } },
    { ...plain, path: 'b', type: 'block', device: { major: 8, minor: 1 } },
    { ...plain, path: 'p', type: 'fifo' },
    { ...plain, path: 'n'.repeat(100) },
    { ...plain, path: `${'long/'.repeat(60)}n` },
    { ...plain, path: 'sl', type: 'symlink', link: 't'.repeat(1000) },
    { ...plain, path: 'hl', type: 'hardlink', link: `${'long/'.repeat(60)}n` },
    { ...plain, path: 'caf\xe9' },
    { ...plain, path: `caf\xe9${'x'.repeat(200)}` },
    { ...plain, path: 'ids', uid: 4_000_000_000, gid: 2_147_483_647 },
    { ...plain, path: 'edge', uid: 0o7777777, gid: 0o10000000 },
    { ...plain, path: 'old', mtime: -100 },
    { ...plain, path: 'future', mtime: 100_000_000_000 },
    {
      ...plain,
      path: 'capable',
      xattrs: new Map([
        ['security.capability', Buffer.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0x0a, 0xff, 0])],
        ['user.a', Buffer.alloc(0)],
      ]),
    },
  ];
  for (const entry of entries) {
    it(`keeps ${entry.type} "${entry.path.slice(0, 20)}" as it is`, async () => {
      assert.deepEqual(await roundTrip(entry), [entry]);
    });
  }

  it('keeps contents, padded and one after another', async () => {
    const contents = [Buffer.from('x'), Buffer.alloc(512, 'y'), Buffer.alloc(3 << 20, 'z')];
    const written = writeTar(
      members(...contents.map((bytes) => ({ entry: { ...plain, size: bytes.length }, content: contentOf(bytes) }))),
    );
    const read: Buffer[] = [];
    for await (const { content } of readTar(written)) read.push(await collect(content));
    assert.deepEqual(
      read.map((bytes) => bytes.length),
      [1, 512, 3 << 20],
    );
    assert.ok(read.every((bytes, index) => bytes.equals(contents[index]!)));
  });

  it('does not depend on the order in which attributes were set', async () => {
    const a = Buffer.from('1');
    const one = await collect(
      writeTar(
        members({
          ...plain,
          xattrs: new Map([
            ['user.a', a],
            ['user.b', a],
          ]),
        }),
      ),
    );
    const two = await collect(
      writeTar(
        members({
          ...plain,
          xattrs: new Map([
            ['user.b', a],
            ['user.a', a],
          ]),
        }),
      ),
    );
    assert.ok(one.equals(two));
  });

  for (const [what, content] of [
    ['longer', 'abcd'],
    ['shorter', 'ab'],
  ] as const) {
    it(`refuses content that is ${what} than announced`, async () => {
      const member = { entry: { ...plain, size: 3 }, content: contentOf(Buffer.from(content)) };
      await assert.rejects(collect(writeTar(members(member))), (error: unknown) => {
        assert.ok(error instanceof ArchiveError);
        assert.equal(error.code, 'size-mismatch');
        assert.match(error.message, /^"f": its content should have 3 bytes/);
        return true;
      });
    });
  }

  it('refuses an attribute that the format cannot name', async () => {
    const entry = { ...plain, xattrs: new Map([['user.a=b', Buffer.from('1')]]) };
    await assert.rejects(collect(writeTar(members(entry))), { code: 'not-representable' });
  });
});
