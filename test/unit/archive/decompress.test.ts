import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { ArchiveError, coalesce, decompress, detectCompression } from '../../../pkg/archive/index.ts';
import { collect, inChunks } from './raw-tar.ts';

const text = Buffer.alloc(3_000_000, 'some text that compresses well. ');

describe('decompress', () => {
  it('knows formats by their first bytes', () => {
    assert.equal(detectCompression(gzipSync('x')), 'gzip');
    assert.equal(detectCompression(Buffer.from('28b52ffd00', 'hex')), 'zstd');
    assert.equal(detectCompression(Buffer.from('fd377a585a00', 'hex')), 'xz');
    assert.equal(detectCompression(Buffer.from('etc/passwd')), 'none');
    assert.equal(detectCompression(Buffer.alloc(0)), 'none');
  });

  for (const size of [1, 1000, 1 << 20]) {
    it(`passes through what is not compressed, in chunks of ${size}`, async () => {
      const bytes = text.subarray(0, 5000);
      assert.ok((await collect(decompress(inChunks(bytes, size)))).equals(bytes));
    });
  }

  it('decompresses gzip, also several members', async () => {
    const bytes = Buffer.concat([gzipSync(text), gzipSync('end')]);
    const result = await collect(decompress(inChunks(bytes, 999)));
    assert.ok(result.equals(Buffer.concat([text, Buffer.from('end')])));
  });

  it('gives nothing for nothing', async () => {
    assert.equal((await collect(decompress(inChunks(Buffer.alloc(0))))).length, 0);
  });

  it('takes bytes as they are when it is told to', async () => {
    const bytes = gzipSync('x');
    assert.ok((await collect(decompress(inChunks(bytes), 'none'))).equals(bytes));
  });

  const noise = gzipSync(Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * index * 31) % 251)));
  const damaged = Buffer.from(noise);
  damaged.fill(0xff, noise.length >> 1, (noise.length >> 1) + 100);
  for (const [what, bytes, code] of [
    ['ends in the middle', noise.subarray(0, noise.length >> 1), 'truncated'],
    ['lacks its checksum', noise.subarray(0, -8), 'truncated'],
    ['is damaged', damaged, 'corrupt'],
    ['has a wrong checksum', Buffer.concat([noise.subarray(0, -8), Buffer.alloc(8, 1)]), 'corrupt'],
    ['has a header only', noise.subarray(0, 5), 'truncated'],
  ] as const) {
    it(`refuses gzip that ${what}`, async () => {
      await assert.rejects(collect(decompress(inChunks(bytes, 512))), (error: unknown) => {
        assert.ok(error instanceof ArchiveError, String(error));
        assert.equal(error.code, code);
        return true;
      });
    });
  }

  it('passes on an error of its source', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield* inChunks(noise.subarray(0, 20_000), 1000);
      throw new Error('connection lost');
    }
    await assert.rejects(collect(decompress(broken())), /^Error: connection lost$/);
  });

  it('closes its source when the reader stops early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield await Promise.resolve(gzipSync(text));
      } finally {
        closed = true;
      }
    }
    for await (const chunk of decompress(source())) if (chunk.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(closed, true);
  });
});

describe('coalesce', () => {
  it('puts small pieces together and lets large ones through', async () => {
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let index = 0; index < 3000; index++) yield await Promise.resolve(Buffer.alloc(1000, index % 256));
      yield Buffer.alloc(5 << 20, 1);
      yield Buffer.from('end');
    }
    const sizes: number[] = [];
    for await (const piece of coalesce(pieces())) sizes.push(piece.length);
    assert.equal(
      sizes.reduce((a, b) => a + b),
      3_000_000 + (5 << 20) + 3,
    );
    assert.ok(sizes.length < 20, String(sizes));
    assert.ok((await collect(coalesce(pieces()))).equals(await collect(pieces())));
  });
});
