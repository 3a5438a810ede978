import assert from 'node:assert/strict';
import { didYouMean, editDistance, nearest } from '../../../pkg/errors/index.ts';

describe('nearest', () => {
  const distances: readonly (readonly [string, string, number])[] = [
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['serivces', 'services', 1],
    ['image', 'imgae', 1],
    ['ab', 'ba', 1],
  ];
  for (const [a, b, distance] of distances) {
    it(`counts ${distance} edits between "${a}" and "${b}"`, () => {
      assert.equal(editDistance(a, b), distance);
      assert.equal(editDistance(b, a), distance);
    });
  }

  it('offers near names, nearest first, and nothing that is far', () => {
    const keys = ['kernel', 'init', 'onboot', 'onshutdown', 'services', 'files'];
    assert.deepEqual(nearest('onbot', keys), ['onboot']);
    assert.deepEqual(nearest('service', keys), ['services']);
    assert.deepEqual(nearest('Kernel', keys), ['kernel']);
    assert.deepEqual(nearest('volumes', keys), []);
    assert.deepEqual(nearest('ax', ['ab', 'ac', 'ad', 'ae'], 2), ['ab', 'ac']);
  });

  it('says it as a person would', () => {
    assert.equal(didYouMean('fils', ['files']), ' (did you mean "files"?)');
    assert.equal(didYouMean('lm7', ['lm75', 'lm73']), ' (did you mean "lm73" or "lm75"?)');
    assert.equal(didYouMean('quite-else', ['files']), '');
  });
});
