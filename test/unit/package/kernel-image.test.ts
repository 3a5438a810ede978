import assert from 'node:assert/strict';
import { findPayload } from '../../../pkg/package/kernel-image.ts';
import { bzImage } from './bz-image.ts';

describe('findPayload', () => {
  const xz = Buffer.from('fd377a585a000102', 'hex');
  const gzip = Buffer.from('1f8b080000000000', 'hex');

  it('finds the compressed kernel without the size that follows it', () => {
    assert.deepEqual(findPayload(bzImage(xz, true)), { compression: 'xz', bytes: xz });
    assert.deepEqual(findPayload(bzImage(gzip, false)), { compression: 'gzip', bytes: gzip });
  });

  it('finds none in an image of another kind, an old one, or one that is compressed otherwise', () => {
    const old = bzImage(xz, true);
    old.writeUInt16LE(0x0207, 0x206);
    for (const image of [Buffer.alloc(10), Buffer.alloc(4096), old, bzImage(Buffer.from('unknown!'), true)]) {
      assert.equal(findPayload(image), undefined);
    }
  });

  it('refuses one that is cut short', () => {
    const image = bzImage(xz, true);
    assert.throws(() => findPayload(image.subarray(0, -1)), { code: 'bad-kernel' });
  });
});
