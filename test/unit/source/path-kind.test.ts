import assert from 'node:assert/strict';
import { kindOfArchive } from '../../../pkg/source/path-kind.ts';

describe('kindOfArchive', () => {
  const cases: readonly (readonly [names: string, kind: string | undefined])[] = [
    ['blobs blobs/sha256 blobs/sha256/aa index.json oci-layout', 'oci-archive'],
    ['blobs/sha256/aa index.json manifest.json oci-layout', 'docker-archive'],
    ['aa.json aa/layer.tar manifest.json repositories', 'docker-archive'],
    ['aa/json aa/layer.tar repositories', 'docker-archive'],
    [' bin bin/sh', 'rootfs'],
    ['index.json usr/bin/x', 'rootfs'],
    ['hello.txt manifests.json', undefined],
    ['a/manifest.json', undefined],
    ['', undefined],
  ];
  async function* each(names: string): AsyncGenerator<string> {
    for (const name of names.split(' ')) yield await Promise.resolve(name);
  }
  for (const [names, kind] of cases) {
    it(`${JSON.stringify(names)}: ${kind ?? 'nothing'}`, async () => {
      assert.equal(await kindOfArchive(each(names)), kind);
    });
  }
});
