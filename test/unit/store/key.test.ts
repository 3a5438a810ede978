import assert from 'node:assert/strict';
import { derivedName } from '../../../pkg/store/key.ts';

describe('derivedName', () => {
  const key = { kind: 'squashfs', version: 1, inputs: { image: 'sha256:aa', level: '3' } };

  it('does not depend on the order of the inputs', () => {
    const other = { kind: 'squashfs', version: 1, inputs: { level: '3', image: 'sha256:aa' } };
    assert.equal(derivedName(key), derivedName(other));
  });

  it('changes with every part of the key', () => {
    const others = [
      { ...key, kind: 'cpio' },
      { ...key, version: 2 },
      { ...key, inputs: { ...key.inputs, level: '4' } },
      { ...key, inputs: { ...key.inputs, tool: '' } },
      { ...key, inputs: { image: 'sha256:aa","level":"3' } },
      { ...key, inputs: {} },
    ];
    assert.equal(new Set([key, ...others].map(derivedName)).size, others.length + 1);
  });

  it('keeps the kind readable and refuses one that would leave the folder', () => {
    assert.match(derivedName(key), /^squashfs\/[0-9a-f]{64}$/);
    assert.throws(() => derivedName({ ...key, kind: '../blobs' }), TypeError);
  });
});
