import assert from 'node:assert/strict';
import { baseImages } from '../../../pkg/source/base-images.ts';

describe('the base images of a Dockerfile', () => {
  const cases: readonly (readonly [dockerfile: string, args: Readonly<Record<string, string>>, names: string])[] = [
    ['FROM a:1', {}, 'a:1'],
    ['from a:1 as x\nFROM b\nCOPY --from=x /a /a\nCOPY --from=X /a /a', {}, 'a:1 b'],
    ['FROM scratch\nCOPY --from=c:2 /a /a\nCOPY --chown=1 --from=0 /b /b', {}, 'c:2'],
    ['FROM a AS x\nFROM x', {}, 'a'],
    ['ARG V=1\nFROM a:$V\nFROM b:${V}-slim', {}, 'a:1 b:1-slim'],
    ['ARG V=1\nFROM a:$V', { V: '2' }, 'a:2'],
    ['ARG V\nFROM a:${V:-3}', {}, 'a:3'],
    ['ARG V="1"\nARG W=$V.2\nFROM a:$W', {}, 'a:1.2'],
    ['FROM a:$UNKNOWN\nFROM b', {}, 'b'],
    ['FROM x\nARG V=1\nFROM a:$V', {}, 'x'],
    ['FROM a:$V', { V: '1' }, ''],
    ['FROM "a:1"', {}, 'a:1'],
    ['FROM a@sha256:00', {}, 'a@sha256:00'],
    ['RUN echo \\\nFROM a\nFROM b', {}, 'b'],
    ['FROM', {}, ''],
    ['', {}, ''],
  ];
  for (const [dockerfile, args, names] of cases) {
    it(JSON.stringify(dockerfile), () => {
      const found = baseImages(dockerfile, args).map(({ name }) => name);
      assert.equal(found.join(' '), names);
    });
  }

  it('have the platforms that can be told', () => {
    const dockerfile = 'FROM --platform=linux/arm64 a\nFROM --platform=$BUILDPLATFORM b\nFROM c';
    assert.deepEqual(baseImages(dockerfile, {}), [
      { name: 'a', platform: 'linux/arm64', hasPlatform: true },
      { name: 'b', platform: undefined, hasPlatform: true },
      { name: 'c', platform: undefined, hasPlatform: false },
    ]);
  });
});
