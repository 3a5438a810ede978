import assert from 'node:assert/strict';
import { type Source, sourceOf } from '../../../pkg/source/index.ts';

describe('sourceOf', () => {
  const cases: readonly (readonly [string, Source])[] = [
    ['pkg:getty', { kind: 'shipped', name: 'getty' }],
    ['pkg:./getty', { kind: 'folder', path: './getty' }],
    ['pkg:/abs', { kind: 'folder', path: '/abs' }],
    ['pkg:..', { kind: 'folder', path: '..' }],
    ['@pkg:./getty', { kind: 'folder', path: './getty' }],
    ['@pkg:getty', { kind: 'folder', path: 'getty' }],
    ['./hello', { kind: 'path', path: './hello' }],
    ['../hello', { kind: 'path', path: '../hello' }],
    ['/hello', { kind: 'path', path: '/hello' }],
    ['~/hello', { kind: 'path', path: '~/hello' }],
    ['.', { kind: 'path', path: '.' }],
    ['oci:dir', { kind: 'oci', path: 'dir', ref: undefined }],
    ['oci:dir:name:tag', { kind: 'oci', path: 'dir', ref: 'name:tag' }],
    ['oci-archive:a.tar', { kind: 'oci-archive', path: 'a.tar', ref: undefined }],
    ['docker-archive:a.tar:x:1', { kind: 'docker-archive', path: 'a.tar', ref: 'x:1' }],
    ['rootfs:dir', { kind: 'rootfs', path: 'dir' }],
    ['docker-daemon:x:1', { kind: 'docker-daemon', reference: 'x:1' }],
    ['docker://alpine:3', { kind: 'registry', reference: 'alpine:3' }],
    ['alpine', { kind: 'registry', reference: 'alpine' }],
    ['host.test:5000/a/b:1', { kind: 'registry', reference: 'host.test:5000/a/b:1' }],
    ['oci', { kind: 'registry', reference: 'oci' }],
  ];
  for (const [text, expected] of cases) {
    it(text, () => {
      assert.deepEqual(sourceOf(text), expected);
    });
  }
});
