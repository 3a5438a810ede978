import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { type Digest, mediaTypes, type StoredImage } from '../../../pkg/image/index.ts';
import { differences, LockError, makeLock, parseLock, printLock } from '../../../pkg/lock/index.ts';
import { root } from '../../support/lkit.ts';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;

function image(digit: string, packages: readonly object[] = [], architecture = 'amd64'): StoredImage {
  const config = { mediaType: mediaTypes.config, digest: digest('c'), size: 1 };
  return {
    descriptor: { mediaType: mediaTypes.manifest, digest: digest(digit), size: 7, annotations: { note: 'x' } },
    manifest: {
      ...{ schemaVersion: 2, config, layers: [] },
      annotations: packages.length === 0 ? {} : { 'org.lkit.debian.packages': JSON.stringify(packages) },
    },
    config: { architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
  };
}

const deb = (name: string, version: string, fill: string, more: object = {}): object => ({
  ...{ name, version, architecture: 'amd64', sha256: fill.repeat(64) },
  ...more,
});

describe('a lock', () => {
  const images = [
    { name: 'pkg:init', image: image('1', [deb('runc', '1.1', 'b'), deb('busybox', '1.35', 'a', { extra: 1 })]) },
    { name: 'alpine:3.20', image: image('2') },
    { name: 'alpine:3.20', image: image('3', [], 'arm64') },
  ];
  const lock = makeLock(images);

  it('lists images sorted, with their packages sorted, each once', () => {
    assert.deepEqual(
      lock.images.map((each) => [each.image, each.platform, each.packages?.map(({ name }) => name)]),
      [
        ['alpine:3.20', 'linux/amd64', undefined],
        ['alpine:3.20', 'linux/arm64', undefined],
        ['pkg:init', 'linux/amd64', ['busybox', 'runc']],
      ],
    );
    assert.equal(printLock(makeLock([...images, ...images].reverse())), printLock(lock));
  });

  it('is read as it was written', () => {
    assert.deepEqual(parseLock(Buffer.from(printLock(lock)), 'x.lock.json'), lock);
  });

  it('fits its schema', () => {
    const schema = JSON.parse(readFileSync(path.join(root, 'schemas/lock.schema.json'), 'utf8')) as object;
    const ajv = new Ajv({ allErrors: true, strict: true });
    assert.ok(ajv.validate(schema, JSON.parse(printLock(lock))), ajv.errorsText());
    assert.ok(!ajv.validate(schema, { version: 1, images: [{ image: 'x' }] }));
  });

  const entry = '"image":"a","platform":"linux/amd64","mediaType":"m","size":1';
  const invalid: readonly (readonly [text: string, message: RegExp])[] = [
    ['', /is no JSON/],
    ['[]', /should be an object/],
    ['{"images":[]}', /"version" should be/],
    ['{"version":2,"images":[]}', /version 2, and this lkit knows version 1/],
    ['{"version":1}', /"images" should be a list/],
    [`{"version":1,"images":[{${entry},"digest":"sha256:12"}]}`, /"images\[0\].digest" should be a sha256 digest/],
    [`{"version":1,"images":[{${entry},"digest":"${digest('1')}","packages":{}}]}`, /packages" should be a list/],
  ];
  for (const [text, message] of invalid) {
    it(`is refused: ${text.slice(0, 60)}`, () => {
      assert.throws(
        () => parseLock(Buffer.from(text), 'demo.lock.json'),
        (error: unknown) => {
          assert.ok(error instanceof LockError);
          assert.deepEqual([error.code, error.kind], ['invalid-lock', 'input']);
          assert.match(error.message, /^demo\.lock\.json is not a valid lock: /);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe('differences from a lock', () => {
  const [locked] = makeLock([
    { name: 'pkg:init', image: image('1', [deb('a', '1', '1'), deb('b', '1', '2'), deb('c', '1', '3')]) },
  ]).images;

  it('are none for the same image', () => {
    assert.deepEqual(differences(locked!, image('1')), []);
  });

  it('name the image, both digests and each package', () => {
    const found = image('2', [deb('a', '2', '4'), deb('b', '1', '5'), deb('d', '9', '6')]);
    assert.deepEqual(differences(locked!, found), [
      `pkg:init (linux/amd64): locked is ${digest('1')}, but it is ${digest('2')}`,
      '  Debian package a amd64: locked is 1, but it is 2',
      '  Debian package b amd64: locked is 1, but it is 1 (same version, other file)',
      '  Debian package c amd64 1 is no longer used',
      '  Debian package d amd64 9 is new',
    ]);
  });
});
