import assert from 'node:assert/strict';
import { isDigest, parseDigest, sha256, verify, verifyBytes } from '../../../pkg/image/index.ts';
import { collect, inChunks } from '../archive/raw-tar.ts';

const bytes = Buffer.from('hello');
const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const other = sha256('other');

describe('digests', () => {
  it('are sha256 in lower-case hexadecimal', () => {
    assert.equal(sha256(bytes), digest);
    assert.equal(parseDigest(digest), digest);
    assert.ok(!isDigest(digest.toUpperCase()));
    assert.throws(() => parseDigest(`${digest}0`), { code: 'invalid-digest', message: /is no digest/ });
    assert.throws(() => parseDigest(`sha512:${'0'.repeat(128)}`), { code: 'invalid-digest', message: /not support/ });
  });

  it('let the right bytes through', async () => {
    assert.equal((await collect(verify(inChunks(bytes, 2), { digest, size: 5 }, 'x'))).toString(), 'hello');
    assert.equal((await collect(verify(inChunks(bytes, 2), { digest }, 'x'))).toString(), 'hello');
    verifyBytes(bytes, { digest, size: 5 }, 'x');
  });

  it('stop wrong ones, naming what they are of', async () => {
    await assert.rejects(collect(verify(inChunks(bytes), { digest: other, size: 5 }, 'alpine layer 2')), {
      code: 'digest-mismatch',
      message: `alpine layer 2: expected ${other}, but the bytes are ${digest}`,
    });
    assert.throws(
      () => {
        verifyBytes(bytes, { digest: other }, 'x');
      },
      { code: 'digest-mismatch' },
    );
    assert.throws(
      () => {
        verifyBytes(bytes, { digest, size: 6 }, 'x');
      },
      { code: 'size-mismatch' },
    );
  });

  it('stop a stream that is too short at its end', async () => {
    const short = verify(inChunks(bytes), { digest, size: 6 }, 'x');
    await assert.rejects(collect(short), { code: 'size-mismatch', message: `x: ${digest} has 6 bytes, but got 5` });
  });

  it('stop a stream that is too long before passing more on', async () => {
    let passed = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of verify(inChunks(Buffer.alloc(1000), 10), { digest, size: 25 }, 'x'))
          passed += chunk.length;
      },
      { code: 'size-mismatch' },
    );
    assert.equal(passed, 20);
  });
});
