import assert from 'node:assert/strict';
import {
  type Descriptor,
  ImageError,
  mediaTypes,
  parseManifest,
  selectPlatform,
  sha256,
} from '../../../pkg/image/index.ts';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const config = { mediaType: mediaTypes.config, digest: sha256('c'), size: 1 };
const layer = { mediaType: mediaTypes.layerGzip, digest: sha256('l'), size: 2 };
const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: [{ ...config, mediaType: mediaTypes.manifest }],
};

describe('parseManifest', () => {
  it('reads OCI and Docker manifests', () => {
    assert.deepEqual(parseManifest(bytes(manifest)), { kind: 'manifest', manifest });
    const docker = {
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: { ...config, mediaType: mediaTypes.dockerConfig },
      layers: [{ ...layer, mediaType: mediaTypes.dockerLayer }],
    };
    assert.deepEqual(parseManifest(bytes(docker)), { kind: 'manifest', manifest: docker });
  });

  it('reads OCI indexes and Docker manifest lists', () => {
    assert.deepEqual(parseManifest(bytes(index)), { kind: 'index', index });
    assert.equal(parseManifest(bytes({ ...index, mediaType: mediaTypes.dockerIndex })).kind, 'index');
  });

  it('goes by the shape where there is no media type', () => {
    assert.equal(parseManifest(bytes({ ...manifest, mediaType: undefined })).kind, 'manifest');
    assert.equal(parseManifest(bytes({ ...index, mediaType: undefined })).kind, 'index');
  });

  it('keeps annotations and platforms, and drops what it does not know', () => {
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const rich = { ...index, annotations: { a: 'b' }, manifests: [{ ...index.manifests[0], platform }] };
    const given = { ...rich, extra: 1, manifests: [{ ...rich.manifests[0], urls: ['http://x'] }] };
    assert.deepEqual(parseManifest(bytes(given)), { kind: 'index', index: rich });
  });

  const wrong: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['text', 'hello', 'invalid-manifest', /is no JSON/],
    ['a list', [], 'invalid-manifest', /it should be an object/],
    ['null', null, 'invalid-manifest', /it should be an object/],
    ['bytes that are no text', Buffer.from([0xff, 0xfe]), 'invalid-manifest', /is no JSON/],
    ['10 MB', ' '.repeat(10_000_000), 'limit-exceeded', /10000000 bytes, which is more than 4194304/],
    ['schema 1', { schemaVersion: 1 }, 'unsupported-media-type', /before 2016/],
    ['no schema', { config, layers: [] }, 'invalid-manifest', /"schemaVersion" should be 2/],
    ['another media type', { ...manifest, mediaType: 'text/html' }, 'unsupported-media-type', /"text\/html"/],
    ['both at once', { ...manifest, manifests: [] }, 'invalid-manifest', /both/],
    ['no config', { ...manifest, config: undefined }, 'invalid-manifest', /"config" should be an object/],
    ['no layers', { ...manifest, layers: undefined }, 'invalid-manifest', /"layers" should be a list/],
    ['layers that are no list', { ...manifest, layers: {} }, 'invalid-manifest', /"layers" should be a list/],
    ['a layer that is null', { ...manifest, layers: [null] }, 'invalid-manifest', /"layers\[0\]" should be an object/],
    [
      'a size that is text',
      { ...manifest, layers: [{ ...layer, size: '2' }] },
      'invalid-manifest',
      /"layers\[0\]\.size"/,
    ],
    ['a negative size', { ...manifest, layers: [{ ...layer, size: -1 }] }, 'invalid-manifest', /number of bytes/],
    ['half a byte', { ...manifest, layers: [{ ...layer, size: 0.5 }] }, 'invalid-manifest', /number of bytes/],
    [
      'a digest that is a path',
      { ...manifest, config: { ...config, digest: '../x' } },
      'invalid-manifest',
      /"config\.digest"/,
    ],
    [
      'an upper-case digest',
      { ...manifest, config: { ...config, digest: config.digest.toUpperCase() } },
      'invalid-manifest',
      /digest/,
    ],
    [
      'a chart',
      { ...manifest, config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
      'unsupported-media-type',
      /no container image.*helm/,
    ],
    [
      'an artifact without a configuration',
      {
        ...manifest,
        artifactType: 'application/spdx+json',
        config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' },
      },
      'unsupported-media-type',
      /no container image, but holds "application\/spdx\+json"/,
    ],
    [
      'an encrypted layer',
      { ...manifest, layers: [{ ...layer, mediaType: `${mediaTypes.layerGzip}+encrypted` }] },
      'unsupported-media-type',
      /encrypted/,
    ],
    [
      'an unknown layer',
      { ...manifest, layers: [{ ...layer, mediaType: 'application/zip' }] },
      'unsupported-media-type',
      /zip/,
    ],
    [
      'annotations that are numbers',
      { ...manifest, annotations: { a: 1 } },
      'invalid-manifest',
      /"annotations\.a" should be a string/,
    ],
  ];
  for (const [what, value, code, message] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseManifest(Buffer.isBuffer(value) ? value : bytes(value)),
        (error: unknown) => {
          assert.ok(error instanceof ImageError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe('selectPlatform', () => {
  const of = (architecture: string, variant?: string, os = 'linux'): Descriptor => ({
    ...config,
    digest: sha256(`${os}${architecture}${variant ?? ''}`),
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
  });
  const list = (...manifests: readonly Descriptor[]) => ({ schemaVersion: 2 as const, manifests });

  it('takes the image for Linux on the architecture', () => {
    const all = list(of('amd64', undefined, 'windows'), of('arm', 'v7'), of('arm64', 'v8'), of('amd64'));
    assert.equal(selectPlatform(all, { arch: 'amd64' }, 'x').digest, of('amd64').digest);
    assert.equal(selectPlatform(all, { arch: 'arm64' }, 'x').digest, of('arm64', 'v8').digest);
  });

  it('prefers what every machine of the architecture runs', () => {
    assert.equal(
      selectPlatform(list(of('amd64', 'v3'), of('amd64')), { arch: 'amd64' }, 'x').platform?.variant,
      undefined,
    );
    assert.throws(() => selectPlatform(list(of('amd64', 'v4')), { arch: 'amd64' }, 'x'), { code: 'no-platform' });
  });

  it('takes of 32-bit ARM what the machine runs, best first', () => {
    const all = list(of('arm', 'v5'), of('arm', 'v7'), of('arm', 'v6'), of('arm64'));
    const variant = (arch: string) => selectPlatform(all, { arch }, 'x').platform?.variant;
    assert.deepEqual(['arm', 'arm/v7', 'arm/v6', 'arm/v5'].map(variant), ['v7', 'v7', 'v6', 'v5']);
    assert.throws(() => selectPlatform(list(of('arm', 'v7')), { arch: 'arm/v6' }, 'x'), { code: 'no-platform' });
  });

  it('takes the only one for something else where that will do', () => {
    const only = list(of('386'), of('unknown', undefined, 'unknown'));
    assert.equal(selectPlatform(only, { arch: 'amd64', orOnly: true }, 'x').platform?.architecture, '386');
    assert.throws(() => selectPlatform(only, { arch: 'amd64' }, 'x'), { code: 'no-platform' });
    const several = list(of('386'), of('arm', 'v7'));
    assert.throws(() => selectPlatform(several, { arch: 'amd64', orOnly: true }, 'x'), { code: 'no-platform' });
  });

  it('takes the only one that does not say what it is for, but not what is no image beside images', () => {
    const unsaid = { ...config, digest: sha256('unsaid') };
    const attestation = of('unknown', undefined, 'unknown');
    assert.equal(selectPlatform(list(attestation, unsaid), { arch: 'amd64' }, 'x').digest, unsaid.digest);
    const mixed = list(of('arm64'), unsaid);
    assert.throws(() => selectPlatform(mixed, { arch: 'amd64' }, 'x'), { hint: 'It has linux/arm64.' });
    assert.equal(selectPlatform(mixed, { arch: 'amd64', orOnly: true }, 'x').digest, of('arm64').digest);
  });

  it('tells what there is instead, without attestations', () => {
    const all = list(of('arm64', 'v8'), of('s390x'), of('unknown', undefined, 'unknown'));
    assert.throws(() => selectPlatform(all, { arch: 'riscv64' }, 'alpine:3'), {
      code: 'no-platform',
      message: 'alpine:3 has no image for linux/riscv64',
      hint: 'It has linux/arm64/v8, linux/s390x.',
    });
  });
});
