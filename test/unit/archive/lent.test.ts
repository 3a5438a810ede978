import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Transform, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import {
  decompress,
  gzip,
  lendHostFile,
  type Member,
  readTar,
  writeHostFile,
  writeTar,
} from '../../../pkg/archive/index.ts';
import { feed } from '../../../pkg/archive/feed.ts';
import { flatten } from '../../../pkg/image/index.ts';
import { withTempDir } from '../../support/lkit.ts';
import { rawTar } from './raw-tar.ts';

/** Not the same anywhere, and longer than any buffer in use. */
const content = Buffer.from(Array.from({ length: 3_500_000 }, (_, index) => (index * 7919) >> 8));

/** Lends pieces in the way that is hardest to bear: what was lent is spoilt as soon as the next piece is asked for. */
async function* lend(bytes: Buffer, length = 100_000): AsyncGenerator<Buffer> {
  const room = Buffer.alloc(length);
  for (let at = 0; at < bytes.length; at += length) {
    const size = bytes.copy(room, 0, at);
    yield room.subarray(0, size);
    room.fill(0xee);
    await setImmediate();
  }
}

/** What arrives, copied while it is valid. */
async function copied(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const piece of pieces) chunks.push(Buffer.from(piece));
  return Buffer.concat(chunks);
}

const deepName = `usr/${'long/'.repeat(40)}name`;

const tar = rawTar([
  { name: 'usr/', type: '5' },
  { name: 'usr/large', data: content },
  { name: 'usr/small', data: 'few bytes', pax: [['SCHILY.xattr.user.note', 'kept']] },
  { name: 'cut', data: 'deep', pax: [['path', deepName]] },
]);

async function* membersOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Member> {
  yield* readTar(bytes);
}

describe('bytes that are lent', () => {
  it('are those of the file, in one buffer for all pieces and files', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'file');
      await writeFile(file, content);
      const buffers = new Set<ArrayBufferLike>();
      for (let time = 0; time < 2; time++) {
        const chunks: Buffer[] = [];
        for await (const piece of lendHostFile(file)) {
          buffers.add(piece.buffer);
          chunks.push(Buffer.from(piece));
        }
        assert.deepEqual(Buffer.concat(chunks), content);
      }
      assert.equal(buffers.size, 1);
    });
  });

  it('are not shared by files that are read at the same time', async () => {
    await withTempDir(async (folder) => {
      const other = Buffer.from(content).reverse();
      await writeFile(path.join(folder, 'one'), content);
      await writeFile(path.join(folder, 'other'), other);
      const [first, second] = await Promise.all(
        ['one', 'other'].map((name) => copied(lendHostFile(path.join(folder, name)))),
      );
      assert.deepEqual(first, content);
      assert.deepEqual(second, other);
    });
  });

  for (const [compression, bytes] of [
    ['no', content],
    ['gzip', gzipSync(content)],
  ] as const) {
    it(`pass through decompression, with ${compression} compression`, async () => {
      assert.deepEqual(await copied(decompress(lend(bytes))), content);
    });
  }

  it('are compressed as others are', async () => {
    const many = Buffer.concat(Array.from({ length: 6 }, () => content));
    assert.deepEqual(await copied(decompress(gzip(lend(many), 1))), many);
  });

  it('are written to files', async () => {
    await withTempDir(async (folder) => {
      await writeHostFile(path.join(folder, 'file'), lend(content));
      assert.deepEqual(await copied(lendHostFile(path.join(folder, 'file'))), content);
    });
  });

  it('go through a tar archive and into another one', async () => {
    const kept = await copied(writeTar(membersOf(lend(tar)), {}));
    assert.deepEqual(await copied(writeTar(membersOf(lend(tar)), { lend: true })), kept);
    const names: string[] = [];
    for await (const { entry, content: bytes } of readTar(lend(kept))) {
      names.push(entry.path);
      if (entry.path === 'usr/large') assert.deepEqual(await copied(bytes), content);
      if (entry.path === 'usr/small') assert.equal(entry.xattrs?.get('user.note')?.toString(), 'kept');
    }
    assert.deepEqual(names, ['usr', 'usr/large', 'usr/small', deepName]);
  });

  it('become the same tree', async () => {
    const layer = {
      open: () => lend(Buffer.from('not to be read')),
      lend: () => lend(tar),
      diffId: `sha256:${createHash('sha256').update(tar).digest('hex')}`,
    } as const;
    const found = new Map<string, Buffer>();
    for await (const { entry, content: bytes } of flatten([layer], { lend: true })) {
      if (entry.type === 'file') found.set(entry.path, await copied(bytes));
    }
    assert.deepEqual(found.get('usr/large'), content);
    assert.equal(found.get('usr/small')?.toString(), 'few bytes');
  });
});

describe('feed', () => {
  /** Tells when whoever reads from it has let go of it. */
  class Source implements AsyncIterableIterator<Buffer> {
    closed = false;
    async next(): Promise<IteratorResult<Buffer>> {
      await setImmediate();
      return { done: false, value: Buffer.alloc(1000) };
    }
    return(): Promise<IteratorResult<Buffer>> {
      this.closed = true;
      return Promise.resolve({ done: true, value: undefined });
    }
    [Symbol.asyncIterator](): this {
      return this;
    }
  }

  it('ends the stream after the last piece', async () => {
    const chunks: Buffer[] = [];
    const to = new Writable({
      write(chunk: Buffer, _, done) {
        chunks.push(Buffer.from(chunk));
        done();
      },
    });
    assert.equal(await feed(lend(content), to), true);
    assert.equal(to.writableEnded, true);
    assert.deepEqual(Buffer.concat(chunks), content);
  });

  for (const [what, error] of [
    ['fails', new Error('enough')],
    ['is closed', undefined],
  ] as const) {
    it(`lets go of its input when the stream ${what} in the middle of a piece`, async () => {
      const source = new Source();
      const to = new Transform({
        transform() {
          this.destroy(error);
        },
      });
      assert.equal(await feed(source, to), false);
      assert.equal(source.closed, true);
    });
  }

  it('throws what its input throws, and leaves the stream open', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(10));
      throw new Error('unreadable');
    }
    const to = new Writable({
      write(_chunk, _encoding, done) {
        done();
      },
    });
    await assert.rejects(feed(failing(), to), /unreadable/);
    assert.equal(to.writableEnded, false);
  });
});
