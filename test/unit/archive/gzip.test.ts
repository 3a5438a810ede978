import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { gzip } from '../../../pkg/archive/index.ts';

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield await Promise.resolve(bytes.subarray(at, at + length));
}

async function compressed(bytes: Buffer, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of gzip(pieces(bytes, length), 6)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('gzip', () => {
  const mebibyte = 1 << 20;
  for (const size of [0, 1, 32_767, 32_768, mebibyte, mebibyte + 1, 3 * mebibyte + 5]) {
    it(`round-trips ${size} bytes`, async () => {
      const bytes = Buffer.alloc(size, 'the quick brown fox ');
      assert.deepEqual(gunzipSync(await compressed(bytes, 70_000)), bytes);
    });
  }

  it('gives the same bytes however its input is cut', async () => {
    const bytes = Buffer.alloc(2 * mebibyte, 'content');
    assert.deepEqual(await compressed(bytes, 1000), await compressed(bytes, mebibyte));
  });
});
