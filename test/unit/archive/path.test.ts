import assert from 'node:assert/strict';
import { bytePath, cleanPath, displayPath, parentPath } from '../../../pkg/archive/index.ts';

describe('byte paths', () => {
  it('hold one character for each byte', () => {
    assert.equal(bytePath('é'), '\xc3\xa9');
    assert.equal(displayPath(bytePath('naïve/日本')), 'naïve/日本');
  });

  it('are shown so that no terminal is confused', () => {
    assert.equal(displayPath('caf\xe9'), 'caf\\xe9');
    assert.equal(displayPath('a\x1b[31m\nb\x7f'), 'a\\x1b[31m\\x0ab\\x7f');
  });

  it('have parents up to the root', () => {
    assert.deepEqual(['a/b/c', 'a', ''].map(parentPath), ['a/b', '', '']);
  });

  it('tell when they try to climb out', () => {
    assert.deepEqual(cleanPath('a/../../b'), { path: 'b', climbs: true });
    assert.deepEqual(cleanPath('a/../b'), { path: 'b', climbs: false });
    assert.deepEqual(cleanPath('/../b'), { path: 'b', climbs: false });
  });
});
