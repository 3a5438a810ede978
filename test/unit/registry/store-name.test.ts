import assert from 'node:assert/strict';
import { parseReference } from '../../../pkg/image/index.ts';
import { nameInStore } from '../../../pkg/registry/index.ts';
import { checkRef } from '../../../pkg/store/refs.ts';

const name = (text: string): string => nameInStore(parseReference(text));

describe('the name of a registry’s image in the store', () => {
  it('is its reference in full', () => {
    assert.equal(name('alpine'), 'docker.io/library/alpine:latest');
    assert.equal(name('127.0.0.1:5000/a/b-c:1.2'), '127.0.0.1:5000/a/b-c:1.2');
    const digest = `sha256:${'a'.repeat(64)}`;
    assert.equal(name(`ghcr.io/a/b@${digest}`), `ghcr.io/a/b@${digest}`);
  });

  it('is one that an image layout allows, and another for each reference', () => {
    const references = [
      'a/b__c',
      'a/b_c',
      'a/b---c',
      'a/b:_',
      'a/b:__',
      'a/b:v1-',
      'a/b:v1.',
      'a/b:v1..2',
      'a/b:v1',
      '[::1]:5000/a',
      '[::2]:5000/a',
    ];
    for (const each of references) {
      assert.doesNotThrow(() => {
        checkRef(name(each));
      }, name(each));
    }
    assert.equal(new Set(references.map(name)).size, references.length);
  });
});
