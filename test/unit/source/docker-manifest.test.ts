import assert from 'node:assert/strict';
import type { LkitError } from '../../../pkg/errors/index.ts';
import { parseDockerManifest, selectDockerImage } from '../../../pkg/source/docker-manifest.ts';

const image = { text: 'docker-archive:x.tar', at: { file: 'lkit.yml', line: 1, column: 1 } };
const parse = (value: unknown): ReturnType<typeof parseDockerManifest> =>
  parseDockerManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

describe('the manifest.json of docker save', () => {
  it('says what belongs to each image', () => {
    const found = parse([
      { Config: 'a.json', RepoTags: ['x:1', 'y:2'], Layers: ['0.tar', '1.tar'], Parent: 'ignored' },
      { Config: 'b.json', RepoTags: null, Layers: null },
    ]);
    assert.deepEqual(found, [
      { config: 'a.json', tags: ['x:1', 'y:2'], layers: ['0.tar', '1.tar'] },
      { config: 'b.json', tags: [], layers: [] },
    ]);
  });

  const invalid: readonly (readonly [value: unknown, message: RegExp])[] = [
    ['', /is no JSON/],
    [Buffer.from([0xff]).toString('latin1'), /is no JSON/],
    [{}, /it should be a list/],
    [[null], /"\[0\]" should be an object/],
    [[{}], /"\[0\]\.Config" should be a string/],
    [[{ Config: 'a', RepoTags: 'x' }], /"\[0\]\.RepoTags" should be a list/],
    [[{ Config: 'a', Layers: [1] }], /"\[0\]\.Layers\[0\]" should be a string/],
  ];
  for (const [value, message] of invalid) {
    it(`is refused: ${JSON.stringify(value)}`, () => {
      assert.throws(() => parse(value), { code: 'invalid-manifest', message });
    });
  }

  const images = parse([
    { Config: 'a', RepoTags: ['busybox:latest', 'ghcr.io/me/box:1'] },
    { Config: 'b', RepoTags: ['busybox:2'] },
    { Config: 'c', RepoTags: null },
  ]);
  const names: Readonly<Record<string, string>> = {
    busybox: 'a',
    'busybox:latest': 'a',
    'docker.io/library/busybox:latest': 'a',
    'ghcr.io/me/box:1': 'a',
    'busybox:2': 'b',
    '@0': 'a',
    '@2': 'c',
  };
  for (const [name, config] of Object.entries(names)) {
    it(`has the image ${name}`, () => {
      assert.equal(selectDockerImage(images, name, 'x.tar', image).config, config);
    });
  }

  it('needs a name where there are several, and says which there are', () => {
    for (const ref of [undefined, 'busybox:3', 'box:1', '@3', '@-1']) {
      assert.throws(
        () => selectDockerImage(images, ref, 'x.tar', image),
        (error: LkitError) => {
          assert.deepEqual([error.code, error.at], ['no-image', image.at]);
          assert.match(error.hint ?? '', /busybox:latest, ghcr\.io\/me\/box:1; busybox:2; @2/);
          return true;
        },
      );
    }
    assert.equal(selectDockerImage(images.slice(1, 2), undefined, 'x.tar', image).config, 'b');
  });
});
