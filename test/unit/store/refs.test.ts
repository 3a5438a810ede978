import assert from 'node:assert/strict';
import { type Descriptor, mediaTypes } from '../../../pkg/image/index.ts';
import { StoreError } from '../../../pkg/store/index.ts';
import { checkRef, emptyIndex, findRef, withRef } from '../../../pkg/store/refs.ts';

function image(fill: string): Descriptor {
  return { mediaType: mediaTypes.manifest, digest: `sha256:${fill.repeat(64)}`, size: 7 };
}

describe('names in a layout', () => {
  it('a name belongs to one image, and an image may have several', () => {
    let index = withRef(emptyIndex, 'a:1', image('1'));
    index = withRef(index, 'a:2', image('1'));
    index = withRef(index, 'a:1', image('2'));
    assert.equal(findRef(index, 'a:1')?.digest, image('2').digest);
    assert.equal(findRef(index, 'a:2')?.digest, image('1').digest);
    assert.equal(findRef(index, 'a'), undefined);
    assert.equal(index.manifests.length, 2);
  });

  it('keeps the annotations that an image has', () => {
    const annotated = { ...image('1'), annotations: { note: 'x' } };
    assert.deepEqual(findRef(withRef(emptyIndex, 'a', annotated), 'a'), annotated);
  });

  it('follows the grammar of the specification', () => {
    for (const ref of ['a', 'pkg/getty:0123abc-amd64-v1', 'registry.example:5000/a/b@sha256:00', 'a--b']) checkRef(ref);
    for (const ref of ['', '/a', 'a/', 'a b', 'a//b', '-a', 'a:', '../a']) {
      assert.throws(() => {
        checkRef(ref);
      }, StoreError);
    }
  });
});
