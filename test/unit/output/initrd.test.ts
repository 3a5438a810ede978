import assert from 'node:assert/strict';
import { packedInitrd } from '../../../pkg/output/initrd.ts';
import { partBytes } from '../../../pkg/output/parts.ts';

/** Bytes between the compressed pieces, of that size together, and what follows them. */
async function zerosBehind(compressedBytes: number): Promise<number> {
  const parts = packedInitrd({ stage0: { file: '/stage0', size: compressedBytes }, root: [], trees: [], files: [] });
  const rest = parts.slice(parts.findIndex((part) => 'file' in part) + 1);
  const chunks: Buffer[] = [];
  for await (const chunk of partBytes(rest)) chunks.push(chunk);
  return Buffer.concat(chunks).findIndex((byte) => byte !== 0);
}

describe('output: a packed initrd', () => {
  // gzip's readers take what follows for another piece, and fail, unless it is a zero.
  for (const [bytes, zeros] of [
    [1001, 3],
    [1003, 1],
    [1004, 4],
  ] as const) {
    it(`has ${zeros} zeros behind ${bytes} compressed bytes, up to a multiple of 4`, async () => {
      assert.equal(await zerosBehind(bytes), zeros);
    });
  }
});
