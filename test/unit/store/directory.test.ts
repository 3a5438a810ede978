import assert from 'node:assert/strict';
import { defaultStoreDirectory } from '../../../pkg/store/index.ts';

describe('defaultStoreDirectory', () => {
  const cases = [
    [{}, '/home/a/.cache/lkit'],
    [{ XDG_CACHE_HOME: '/x' }, '/x/lkit'],
    [{ XDG_CACHE_HOME: 'relative' }, '/home/a/.cache/lkit'],
    [{ XDG_CACHE_HOME: '' }, '/home/a/.cache/lkit'],
    [{ LKIT_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
    [{ LKIT_CACHE: '', XDG_CACHE_HOME: '/x' }, '/x/lkit'],
  ] as const;
  for (const [env, expected] of cases) {
    it(`${JSON.stringify(env)} gives ${expected}`, () => {
      assert.equal(defaultStoreDirectory(env, '/home/a'), expected);
    });
  }
});
